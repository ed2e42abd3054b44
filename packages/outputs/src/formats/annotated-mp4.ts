import { format } from "../format.ts";

/** The source with what was tracked drawn into it. The render step makes it, with ffmpeg. */
export const annotatedMp4 = format({
  name: "annotated.mp4",
  mediaType: "video/mp4",
  made: "render",
  needs: "source",
  when: "video",
});
