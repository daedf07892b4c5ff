#!/usr/bin/env node
// Follows several Engines: lists their containers, then prints what happens to them, a JSON object
// a line.
//
//   node monitor.js tcp://127.0.0.1:2375 https://docker.example.com:2376=/certs/laptop
//
// Behind `=` is a folder with ca.pem, cert.pem and key.pem, as `bridge-tls client add` makes it. The
// role `monitor` is enough.

'use strict';

const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { setTimeout: sleep } = require('node:timers/promises');

const Docker = require('dockerode');

/** An Engine by its address, with certificates if a folder is named. */
function connect(target) {
  const [address, folder] = target.split('=');
  const { protocol, hostname: host, port, pathname: socketPath } = new URL(address);
  if (protocol === 'unix:') return new Docker({ socketPath });
  if (!folder) return new Docker({ protocol: 'http', host, port });
  const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => fs.readFileSync(path.join(folder, `${name}.pem`)));
  return new Docker({ protocol: 'https', host, port, ca, cert, key });
}

/** Prints what one Engine has and does, until the connection ends. */
async function follow(docker, print) {
  // First the events, so that nothing is missed between the list and them.
  const events = await docker.getEvents({ filters: { type: ['container'] } });
  for (const { Names, State } of await docker.listContainers({ all: true })) {
    print({ container: Names[0].slice(1), state: State });
  }
  for await (const line of readline.createInterface({ input: events })) {
    const { Action, Actor } = JSON.parse(line);
    print({ container: Actor.Attributes.name, event: Action });
  }
}

/** Follows one Engine for ever, through its restarts and those of the bridge. */
async function watch(target) {
  const engine = target.split('=')[0];
  const print = (what) => console.log(JSON.stringify({ engine, ...what }));
  const docker = connect(target);
  for (;;) {
    await follow(docker, print).catch(({ message }) => print({ error: message }));
    await sleep(1000);
  }
}

const targets = process.argv.slice(2);
if (targets.length === 0) {
  console.error('usage: monitor.js ADDRESS[=FOLDER]...');
  process.exit(64);
}
targets.forEach(watch);
