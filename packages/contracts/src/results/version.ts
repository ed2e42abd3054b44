/** Version of the result files. Fields are added to a version, never changed or removed. */
export const RESULT_SCHEMA_VERSION = 1;
