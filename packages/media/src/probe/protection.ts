import type { DescribedStream } from "./described-streams.ts";

/** Sample entries that stand for another one that is encrypted (ISO/IEC 14496-12, 8.12), and Apple's. */
export const ENCRYPTED_ENTRY = /^(?:enc[vatsm]|drm[ips])$/;

/** Names of tags by which demuxers and writers tell of a protection. */
const PROTECTION_TAG =
  /^(?:enc_key_id|encryption|encryption_.*|ASF_Protection_Type|ASF_Key_ID|ASF_License_URL|.*WMRVEncrypted|DRM_.*)$/i;

/**
 * What ffprobe's words tell of encryption: the sample entry, side data or tags. Undefined where they tell nothing.
 *
 * @param tags those of the container
 */
export function findProtection(
  stream: Pick<DescribedStream, "codec_tag_string" | "side_data_list" | "tags">,
  tags: Readonly<Record<string, string>> = {},
): string | undefined {
  const { codec_tag_string: entry = "" } = stream;
  if (ENCRYPTED_ENTRY.test(entry)) return `sample entry ${entry}`;
  const data = stream.side_data_list?.find((each) => /encrypt/i.test(each.side_data_type ?? ""));
  if (data) return data.side_data_type;
  const tag = Object.entries({ ...tags, ...stream.tags }).find(
    ([key, value]) => PROTECTION_TAG.test(key) && !/^(?:0*|false|no|none)$/i.test(value.trim()),
  );
  return tag && `tag ${tag[0]}`;
}
