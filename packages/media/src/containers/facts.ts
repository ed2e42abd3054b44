/** What a container's own headers say, and ffmpeg does not tell. */
export interface ContainerFacts {
  /** The headers promise more bytes than there are. Alone no proof: some writers count wrongly. */
  readonly cutShort?: boolean;
  /** Length of the whole, where ffmpeg tells none of a file that is cut. */
  readonly statedSeconds?: number | undefined;
  /** How the video is encrypted; absent: it is not, or nobody says. */
  readonly protection?: string | undefined;
}

/** The stream that is asked about. */
export interface StreamPlace {
  /** Place among the streams, from 0. */
  readonly index: number;
  /** The container's own number for it, as in `0x1e0`; absent where it has none. */
  readonly id?: string | undefined;
}
