import type { Request, Response } from "express";

/** `GET /` and `GET /v1`: what there is. */
export function getIndex(endpoints: readonly string[]) {
  return (_request: Request, response: Response): void => {
    response.json({ name: "framequeue", version: "v1", endpoints });
  };
}
