/** Methods that the service-based interface uses. */
export type SbiMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** A binary part behind the JSON part of a multipart body, named by `contentId`. TS 29.500 §5.2.2.2 */
export interface BinaryPart {
  readonly contentId: string;
  readonly contentType: BinaryType;
  readonly bytes: Uint8Array;
}

export type BinaryType = 'application/vnd.3gpp.5gnas' | 'application/vnd.3gpp.ngap';

/** What a request or response carries. */
export interface SbiContent {
  /** A JSON value. */
  readonly body?: unknown;
  readonly parts?: readonly BinaryPart[];
}

export interface SbiRequest extends SbiContent {
  readonly method: SbiMethod;
  readonly path: string;
}

export interface SbiResponse extends SbiContent {
  readonly status: number;
  /** Path of a resource that was created. */
  readonly location?: string;
}

/** The part that `contentId` names. */
export function findPart(content: SbiContent, contentId: string): Uint8Array | undefined {
  return content.parts?.find((part) => part.contentId === contentId)?.bytes;
}
