/** Says how a download comes on: a line that redraws itself on a terminal, one line at the start elsewhere. */
export function createDownloadLine(
  stream: NodeJS.WriteStream,
): (received: number, total: number) => void {
  let said = false;
  return (received, total) => {
    const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
    if (stream.isTTY) {
      const end = received >= total ? "\n" : "";
      stream.write(
        `\r\u001b[Kfetching the model: ${megabytes(received)} of ${megabytes(total)} MB${end}`,
      );
    } else if (!said) {
      stream.write(`fetching the model: ${megabytes(total)} MB\n`);
    }
    said = true;
  };
}
