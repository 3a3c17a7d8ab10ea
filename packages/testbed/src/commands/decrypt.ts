import { readFileSync } from 'node:fs';
import { type Capture, CaptureError, readCapture } from '@mpquic/capture';
import { fastestCrypto } from '@mpquic/endpoint';
import type { CommandModule } from 'yargs';
import { CommandFailure } from '../cli/failure.ts';
import { cannotRead } from '../cli/given-file.ts';
import { printLines, printNote } from '../cli/output.ts';
import { type DecryptedPacket, decryptCapture } from '../decrypt/capture-decryption.ts';
import { KeyLog } from '../decrypt/key-log.ts';

export const decryptCommand: CommandModule = {
  command: 'decrypt <file>',
  describe: 'Multipath QUIC packets of a pcap or pcapng file, decrypted on every path',
  builder: (parser) =>
    parser
      .positional('file', { string: true, demandOption: true, describe: 'pcap or pcapng file' })
      .option('keylog', {
        string: true,
        requiresArg: true,
        describe: 'Key log (SSLKEYLOGFILE); secrets embedded in a pcapng file are found without',
      })
      .option('json', { boolean: true, describe: 'One JSON object a line for each QUIC packet' })
      .example('mpq decrypt trace.pcapng --keylog keys.log', 'every packet with its frames'),
  handler: (given) => {
    const file = given['file'] as string;
    const capture = openCapture(file);
    const keyLog = new KeyLog();
    for (const embedded of capture.keyLogs) keyLog.add(embedded);
    const keyLogFile = given['keylog'] as string | undefined;
    if (keyLogFile !== undefined) keyLog.add(readNamedFile(keyLogFile).toString('utf8'));

    const { packets, unknownDatagrams } = decryptCapture(capture, keyLog, fastestCrypto);
    const format = given['json'] ? JSON.stringify : packetLine;
    if (packets.length > 0) printLines(packets.map((packet) => format(packet)));
    const decrypted = packets.filter((packet) => packet.frames !== null).length;
    printNote(`${packets.length} QUIC packets, ${decrypted} decrypted`);
    if (keyLog.size === 0) printNote('no secrets: give --keylog, or embed them in a pcapng file');
    if (unknownDatagrams > 0) {
      printNote(`${unknownDatagrams} UDP datagrams of no QUIC connection that begins in the file`);
    }
    if (capture.problem !== undefined) printNote(`${file}: ${capture.problem}`);
  },
};

function openCapture(file: string): Capture {
  try {
    return readCapture(readNamedFile(file));
  } catch (error) {
    if (error instanceof CaptureError) throw CommandFailure.failed(`${file}: ${error.message}`);
    throw error;
  }
}

function readNamedFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw cannotRead(file, error);
  }
}

/** A packet for a person: time within the day, way, type, path, number, frames. */
function packetLine(packet: DecryptedPacket): string {
  const { number, time, from, to, type, path, packetNumber, frames } = packet;
  const clock = new Date(time * 1000).toISOString().slice(11, 23);
  const named = `${type} path ${path ?? '?'} #${packetNumber ?? '?'}`;
  const listed = frames?.map((frame) => frame.type).join(' ') ?? 'not decrypted';
  return `${String(number).padStart(5)} ${clock} ${from} > ${to} ${named}: ${listed}`;
}
