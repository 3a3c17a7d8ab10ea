/** One field line: the name in lower case; one character stands for one octet. RFC 9114 §4.2 */
export interface Field {
  readonly name: string;
  readonly value: string;
  /** Never to be put into a table by anyone on the way. RFC 9204 §7.1.3 */
  readonly sensitive?: boolean;
}

/** Size of a field section as SETTINGS_MAX_FIELD_SECTION_SIZE counts it. RFC 9114 §4.2.2 */
export function fieldSize(field: Field): number {
  return field.name.length + field.value.length + 32;
}
