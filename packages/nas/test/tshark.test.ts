import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMm, encodeSm } from '@mpquic/nas';
import { carriedUp, MM_CORPUS, SM_CORPUS } from './corpus.ts';
import { type Dissection, dissect, hasTshark } from './dissection.ts';

const REASON = 'tshark is not installed: apt-get install tshark';

/** Values that tshark shows, by message type; each proves that an element stands where it belongs. */
const SHOWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  registrationRequest: { 'nas_5gs.mm.suci.msin': '0123456789', 'nas_5gs.mm.suci.scheme_id': '0' },
  registrationAccept: { 'nas_5gs.amf_region_id': '128' },
  authenticationRequest: { 'gsm_a.dtap.autn.sqn_xor_ak': '55f328b43577' },
  securityModeCommand: { 'nas_5gs.mm.nas_sec_algo_enc': '2', 'nas_5gs.mm.nas_sec_algo_ip': '2' },
  establishmentRequest: { 'nas_5gs.sm.atsss_st': '3', 'nas_5gs.mm.req_type': '6' },
  establishmentAccept: {
    'nas_5gs.sm.pdu_addr_inf_ipv4': '10.47.0.2',
    'nas_5gs.sm.qfi': '1,1',
    'nas_5gs.mm.sst': '1,1',
  },
};

test('tshark decodes every message', (t) => {
  if (!hasTshark()) {
    t.skip(REASON);
    return;
  }
  const messages = [
    ...MM_CORPUS.map((message) => ({ type: message.type, bytes: encodeMm(message) })),
    ...SM_CORPUS.map((message) => ({
      type: message.type,
      bytes: encodeMm(carriedUp(encodeSm(message))),
    })),
  ];
  const asked = Object.values(SHOWN).flatMap((fields) => Object.keys(fields));
  const types = ['nas_5gs.mm.message_type', 'nas_5gs.sm.message_type'];
  const bytes = messages.map((message) => message.bytes);
  const dissections = dissect('nas-5gs', bytes, [...types, ...asked]);
  assert.equal(dissections.length, messages.length);
  const pending = new Map(Object.entries(SHOWN));
  for (const [index, message] of messages.entries()) {
    const dissection: Dissection = dissections[index] ?? assert.fail('no dissection');
    const { malformed, fields } = dissection;
    assert.equal(malformed, false, message.type);
    const [first] = (fields['nas_5gs.mm.message_type'] ?? '').split(',');
    assert.equal(Number(first), message.bytes[2], message.type);
    for (const [field, value] of Object.entries(pending.get(message.type) ?? {})) {
      assert.equal(fields[field], value, `${message.type} ${field}`);
    }
    pending.delete(message.type);
  }
  assert.equal(pending.size, 0);
});
