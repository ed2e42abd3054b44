/** What redis-server or its shell say when they cannot start, and what a user can do about it. */
const REMEDIES: readonly (readonly [RegExp, (folder: string) => string])[] = [
  [/not found/i, () => "Install redis-server, 6.2 or later."],
  [/No space left|Disk quota/i, (folder) => `Free some space on the disk of ${folder}.`],
  [
    /Permission denied|Read-only file system|Operation not permitted/i,
    (folder) =>
      `Let this user write to ${folder} and what is in it, or set FQ_DATA_DIR to another folder.`,
  ],
  [/socket|path is too long/i, () => "Set FQ_DATA_DIR to a folder with a shorter path."],
  [
    /append only|append-only|AOF|manifest|RDB|Bad file format|wrong signature|checksum/i,
    (folder) =>
      `Its file is damaged beyond what can be cut off its end. Move ${folder} aside: ` +
      "jobs that had not ended are taken in again, results stay, and aliases of models have to be set again.",
  ],
];

/** Empty where there is no better advice than what was said. */
export function redisRemedy(said: string, folder: string): string {
  return REMEDIES.find(([what]) => what.test(said))?.[1](folder) ?? "";
}
