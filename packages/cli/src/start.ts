export const start = null as never;
