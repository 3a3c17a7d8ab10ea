import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePfcp } from '@mpquic/pfcp';
import { PFCP_CORPUS } from './corpus.ts';
import { dissect, hasTshark } from './dissection.ts';

const REASON = 'tshark is not installed: apt-get install tshark';

/** Values that tshark shows, by message type; each proves that an element stands where it belongs. */
const SHOWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sessionEstablishmentRequest: {
    'pfcp.mar_id': '1,1',
    'pfcp.weight': '70,30',
    'pfcp.thresholds.rtt': '200',
    'pfcp.thresholds.plr': '5',
    'pfcp.user_id.supi': 'imsi-001010123456789',
    'pfcp.f_teid.teid': '0xdeadbeef',
  },
  sessionEstablishmentResponse: {
    'pfcp.mptcp_proxy.port': '1080',
    'pfcp.ue_link_specific_ip_address.non3gpp.ipv4': '10.46.0.2',
    'pfcp.pmf_address_information.port_non3gpp': '5002',
  },
};

test('tshark decodes every message', (t) => {
  if (!hasTshark()) {
    t.skip(REASON);
    return;
  }
  const asked = Object.values(SHOWN).flatMap((fields) => Object.keys(fields));
  const dissections = dissect('pfcp', PFCP_CORPUS.map(encodePfcp), ['pfcp.msg_type', ...asked]);
  assert.equal(dissections.length, PFCP_CORPUS.length);
  const pending = new Map(Object.entries(SHOWN));
  for (const [index, message] of PFCP_CORPUS.entries()) {
    const { malformed, fields } = dissections[index] ?? assert.fail('no dissection');
    assert.equal(malformed, false, message.type);
    assert.equal(fields['pfcp.msg_type'], String(encodePfcp(message)[1]), message.type);
    for (const [field, value] of Object.entries(pending.get(message.type) ?? {})) {
      assert.equal(fields[field], value, `${message.type} ${field}`);
    }
    pending.delete(message.type);
  }
  assert.equal(pending.size, 0);
});
