/**
 * Demuxers that are let near a source, by ffmpeg's names: all for moving pictures that keep to the one file that they
 * are given. Not among them: those that open other files (playlists, sets of numbered files), that reach for devices or
 * the network, that take any text for a picture, or that cannot tell the size of their pictures.
 */
const VIDEO_DEMUXERS = [
  // Containers in daily use.
  "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,live_flv,kux,mpegts,mpeg,ogg,asf,nut,rm,ivr,swf,gif",
  // Streams without a container.
  "h261,h263,h264,hevc,obu,av1,ivf,m4v,mpegvideo,mjpeg,mjpeg_2000,mpjpeg,vc1,vc1test,dirac,dnxhd",
  "cavsvideo,avs2,avs3,ipu,yuv4mpegpipe,ingenient",
  // What ffmpeg takes most streams of JPEG pictures for; a single picture is refused afterwards.
  "jpeg_pipe",
  // Recorders and cameras of surveillance; television; film; science.
  "dhav,ifv,luodat,lmlm4,nc,mxg,ty,pva,nsv,nuv,wtv,pmp,dv,gxf,mxf,lxf,simbiosis_imx,cine,r3d,ser,vividas,vivo",
  // What games, old computers and archives keep.
  "4xm,anm,argo_brp,avs,bethsoftvid,bfi,bink,c93,cdxl,dfa,dsicin,dxa,ea,ea_cdata,film_cpk,filmstrip,flic,gdv,hnm",
  "idcin,iff,ipmovie,iv8,jv,lvf,mgsts,mm,mods,moflex,mtv,mv,paf,psxstr,rl2,roq,rpl,sdr2,sga,siff,smjpeg,smk,smush",
  "thp,tiertexseq,tmv,vmd,wc3movie,wsvqa,xmv,yop",
];

/** Demuxers that cannot tell a single picture from a stream of them. */
export const MAYBE_PICTURES: ReadonlySet<string> = new Set(["jpeg_pipe", "mjpeg"]);

/** The argument of ffmpeg's `-format_whitelist`. */
export const DEMUXERS = VIDEO_DEMUXERS.join(",");

/** Lists of other files, and how ffmpeg is told to read one. */
const PLAYLISTS: Readonly<Record<string, { readonly kind: string; readonly input?: string }>> = {
  hls: { kind: "HLS" },
  dash: { kind: "DASH" },
  concat: { kind: "ffmpeg's concat", input: "-f concat -safe 0" },
  imf: { kind: "IMF" },
  webm_dash_manifest: { kind: "DASH of WebM" },
};

/** Descriptions of a stream on a network. */
const LIVE = new Set(["sdp", "rtp", "rtsp"]);

const PICTURES = /^(?:image2|image2pipe|ico|fits|frm|xbm|alias_pix|brender_pix|\w+_pipe)$/;

/**
 * What a file is whose demuxer is not let near it, and what its owner can do.
 *
 * @param name the file's base name
 * @param demuxer as ffmpeg calls it
 */
export function describeRefused(name: string, demuxer: string): string {
  const playlist = Object.hasOwn(PLAYLISTS, demuxer) ? PLAYLISTS[demuxer] : undefined;
  if (playlist) {
    const input = playlist.input === undefined ? "" : `${playlist.input} `;
    return (
      `${name} is a playlist (${playlist.kind}): the pictures are in other files, and those are not opened. ` +
      `Make one file of it: ${shellCommand(`${input}-i`, name, "-c copy video.mkv")}`
    );
  }
  if (LIVE.has(demuxer)) {
    return (
      `${name} describes a live stream and holds no pictures. Record the stream first: ` +
      shellCommand("-protocol_whitelist file,udp,rtp -i", name, "-c copy -t 60 video.mkv")
    );
  }
  if (demuxer === "apng") {
    return (
      `${name} is an animated picture (APNG), not a video. ` +
      `Make a video of it: ${shellCommand("-i", name, "-c:v ffv1 video.mkv")}`
    );
  }
  if (PICTURES.test(demuxer)) return describePicture(name);
  return `${name} is not a video: ffmpeg takes it for "${demuxer}".`;
}

/** A single picture, whatever its format. */
export function describePicture(name: string): string {
  return (
    `${name} is a picture, not a video. ` +
    `Make a video of one picture with ${shellCommand("-i", name, "-c:v ffv1 video.mkv")}, ` +
    `of many with ffmpeg -framerate 25 -pattern_type glob -i '*.png' -c:v ffv1 video.mkv`
  );
}

const PICTURE_BRAND = /^[^]{4}ftyp(?<brand>avif|heic|heix|heim|heis|mif1|msf1)/;

/**
 * What a picture is that looks like an MP4 file (ISO/IEC 23008-12, B.4); undefined where it is none.
 *
 * @param head the first 12 bytes
 */
export function describeBrand(name: string, head: string): string | undefined {
  const brand = PICTURE_BRAND.exec(head)?.groups?.["brand"];
  if (brand === undefined) return undefined;
  if (brand === "avif") return describePicture(name);
  return `${name} is a picture (HEIF), not a video. Save it as JPEG, and make a video of that.`;
}

/** A command that a shell takes as it is printed, wherever the file is. */
export function shellCommand(input: string, name: string, output: string): string {
  return `ffmpeg ${input} '${name.replaceAll("'", String.raw`'\''`)}' ${output}`;
}
