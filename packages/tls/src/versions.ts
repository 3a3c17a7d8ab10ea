/** What stands in every legacy_version. RFC 9846 §4.2.2 */
export const TLS_1_2 = 0x0303;
export const TLS_1_3 = 0x0304;
