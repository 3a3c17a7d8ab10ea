/** What @fails-components/webtransport takes from its transport. */
export {
  checkQuicheInit,
  Http3WebTransportClient,
  Http3WebTransportClientSocket,
  Http3WebTransportServer,
  Http3WebTransportServerSocket,
} from '@mpquic/webtransport/w3c';
