import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressBook } from '../src/address-book.ts';

test('an address has one object', () => {
  const book = new AddressBook();
  const first = book.intern('127.0.0.1', 4433);
  assert.notEqual(book.intern('127.0.0.2', 4433), first);
  assert.notEqual(book.intern('127.0.0.1', 4434), first);
  assert.equal(book.intern('127.0.0.1', 4433), first);
  assert.deepEqual(first, { host: '127.0.0.1', port: 4433 });
});

test('an adopted address is the object for its value', () => {
  const book = new AddressBook();
  const address = { host: '::1', port: 1 };
  assert.equal(book.adopt(address), address);
  assert.equal(book.intern('::1', 1), address);
  assert.equal(book.adopt({ host: '::1', port: 1 }), address);
});

test('a flood of sources does not make it grow beyond its limit', () => {
  const book = new AddressBook(100);
  const first = book.intern('10.0.0.1', 1);
  for (let port = 2; port <= 101; port++) book.intern('10.0.0.1', port);
  assert.notEqual(book.intern('10.0.0.1', 1), first);
  assert.deepEqual(book.intern('10.0.0.1', 1), first);
});
