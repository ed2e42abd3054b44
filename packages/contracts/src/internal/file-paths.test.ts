import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { withoutFolders } from "./file-paths.ts";

test("files lose their folders, and what looks alike stays", () => {
  const table: [text: string, told: string][] = [
    [
      "ENOENT: no such file or directory, open '/srv/fq/objects/jobs/a/plan.json'",
      "ENOENT: no such file or directory, open 'plan.json'",
    ],
    ["/tmp/fq-render-x1/annotated.mp4: No space left", "annotated.mp4: No space left"],
    [
      "Load model from /data/models/ab/model.onnx failed:Protobuf",
      "Load model from model.onnx failed:Protobuf",
    ],
    ["file:/tmp/a/b.ass (file:///tmp/a/b.ass)", "b.ass (b.ass)"],
    ["mount:/tmp/a/b", "mount:b"],
    ["subfile,,start,0,end,9,,:/tmp/a/b.mp4", "subfile,,start,0,end,9,,:b.mp4"],
    ["a folder: /srv/objects/jobs/", "a folder: jobs"],
    ["POST /v1/jobs/{id}/retry begins it again", "POST /v1/jobs/{id}/retry begins it again"],
    [
      "https://example.org/a/b.mp4 and http://h:8080/v1/jobs",
      "https://example.org/a/b.mp4 and http://h:8080/v1/jobs",
    ],
    ["25/1 frames, 1/2/3, and/or, ./a/b, 50 m/s", "25/1 frames, 1/2/3, and/or, ./a/b, 50 m/s"],
    ["yuv420p(tv, bt709/unknown/unknown)", "yuv420p(tv, bt709/unknown/unknown)"],
  ];
  for (const [text, told] of table) assert.equal(withoutFolders(text), told);
});

test("whatever the system says of a file, no folder is told", () => {
  const part = fc.stringMatching(/^[\w.@+-]{1,20}$/);
  const path = fc.array(part, { minLength: 2, maxLength: 8 });
  const kinds = ["EACCES", "EROFS", "ENAMETOOLONG", "EMFILE", "ENOSPC", "ENOENT", "ENOTDIR", "EIO"];
  const words = fc.constantFrom(
    ...kinds.flatMap((code) => [
      (file: string) => `${code}: it may not be, open '${file}'`,
      (file: string) => `${code}: rename '${file}' -> '${file}.new'`,
      (file: string) => `[Error: ${code}, scandir ${file}]`,
      (file: string) => `${file}: ${code}`,
    ]),
  );
  fc.assert(
    fc.property(path, words, (parts, say) => {
      fc.pre(!["v1", "admin", "runbooks", "healthz"].includes(parts[0]!));
      const folder = `/${parts.slice(0, -1).join("/")}/`;
      const told = withoutFolders(say(folder + parts.at(-1)!));
      return !told.includes(folder) && told.includes(parts.at(-1)!);
    }),
  );
});
