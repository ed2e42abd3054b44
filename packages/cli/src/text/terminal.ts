/** What a command gets from the world: streams, folders, the environment, and a signal for Ctrl-C. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Where the user stands: relative paths count from here. */
  readonly cwd: string;
  /** The project's folder of data: fetched models, the state of `start`. */
  readonly dataDir: string;
  /** Models that come with the product. */
  readonly bundledModelsDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Aborts when the user wants to stop. */
  readonly signal: AbortSignal;
  readonly onDownload: (received: number, total: number) => void;
}
