export { FileRoot } from './file-root.ts';
export { download, type Transfer, type TransferSink } from './hq-client.ts';
export { HqError, type ServedRequest, serveRequest } from './hq-server.ts';
export { octets } from './octet-source.ts';
export { BadRequest, readRequest, requestLine } from './request.ts';
