import { spawnSync } from "node:child_process";

/** Why tests with curl are left out, or false where it is installed. What they check is checked with fetch as well. */
export const withoutCurl: string | false =
  spawnSync("curl", ["--version"]).status === 0 ? false : "curl is not installed on this machine";
