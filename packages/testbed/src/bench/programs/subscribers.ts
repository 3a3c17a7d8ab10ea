export const anyPort = '127.0.0.1:0';

/** Keys of subscriber number `index`: not secret, and all the same. */
export function benchSubscriber(index: number): { supi: string; k: string; opc: string } {
  return {
    supi: `00101${String(index).padStart(10, '0')}`,
    k: '465b5ce8b199b49faa5f0a2ee238a6bc',
    opc: 'cd63cb71954a9f4e48a5994e37a02baf',
  };
}
