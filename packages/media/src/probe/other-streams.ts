/** ffmpeg's decoders of sound and subtitles, by families. */
const SOUND =
  /^(?:8svx_\w+|aac\w*|acelp\.kelvin|adpcm_\w+|alac|als|amr[nw]b|ape|aptx\w*|atrac\d\w*|binkaudio_\w+|bmv_audio|comfortnoise|cook|dca|dfpwm|dolby_e|dsd_\w+|dsicinaudio|dss_sp|dst|dvaudio|e?ac3\w*|evrc|fastaudio|flac|g72\d\w*|gsm\w*|hca|hcom|iac|ilbc|imc|interplayacm|lib(?:codec2|gsm|opus|speex|vorbis|fdk_aac|opencore_amr\w+)\w*|mace\d|metasound|mlp|mp[123]\w*|mpc[78]|msnsiren|nellymoser|on2avc|opus|paf_audio|pcm_\w+|qcelp|qdm[2c]|ralf|real_\d+|s302m|sbc|shorten|sipr|siren|smackaud|sonic|speex|tak|truehd|truespeech|tta|twinvq|vmdaudio|vorbis|wavesynth|wavpack|wma\w+|ws_snd1|xma\d|\w+_dpcm)$/;
const SUBTITLES =
  /^(?:ass|cc_dec|dvbsub|dvdsub|jacosub|libzvbi_teletextdec|microdvd|mov_text|mpl2|pgssub|pjs|realtext|sami|srt|ssa|stl|subrip|subviewer1?|text|vplayer|webvtt|xsub)$/;

/** What parsers of sound say without telling who they are. */
const NAMELESS = /^Error parsing Ogg extradata\.?$/;

/**
 * Whether a line of ffmpeg's log, such as `aac: Number of bands exceeds limit`, is of a decoder of sound or subtitles. A
 * pass that takes one video stream needs none of them; ffmpeg tries them all the same while it looks into a file.
 */
export function tellsOfOtherStreams(text: string): boolean {
  const component = /^([\w.]+):/.exec(text)?.[1];
  return component === undefined
    ? NAMELESS.test(text)
    : SOUND.test(component) || SUBTITLES.test(component);
}
