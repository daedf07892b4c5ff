// Drives an Engine with dockerode and prints, as JSON, what it got.
//
// Arguments: what `docker --host` takes, an image with a shell, and a name for containers, which
// nobody else uses. With DOCKER_TLS_VERIFY and DOCKER_CERT_PATH it speaks TLS, as docker does.

'use strict';

const { PassThrough } = require('node:stream');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const Docker = require('dockerode');

const DEADLINE = 60_000;

async function main() {
  const [host, image, name] = process.argv.slice(2);
  const docker = connect(new URL(host));
  const events = await watch(docker, name);
  const got = {
    ping: String(await docker.ping()),
    version: (await docker.version()).Version,
    list: await list(docker, image, name),
    run: await run(docker, image, name),
    attach: await attach(docker, image, name),
    exec: await execute(docker, image, name),
    logs: await logs(docker, image, name),
    missing: await missing(docker, name),
  };
  got.events = await events.untilDestroyed(5);
  console.log(JSON.stringify(got));
}

function connect(url) {
  if (url.protocol === 'unix:') return new Docker({ socketPath: url.pathname });
  const at = { host: url.hostname, port: url.port };
  if (!process.env.DOCKER_TLS_VERIFY) return new Docker({ protocol: 'http', ...at });
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((file) =>
    fs.readFileSync(path.join(process.env.DOCKER_CERT_PATH, file)),
  );
  return new Docker({ protocol: 'https', ...at, ca, cert, key });
}

// Collects the events of the containers of that name.
async function watch(docker, name) {
  // When this is answered, the Engine may not listen to itself yet.
  const since = (Date.now() / 1000).toFixed(3);
  const stream = await docker.getEvents({ since, filters: { container: [name] } });
  const actions = [];
  let destroyed = 0;
  let rest = '';
  const changed = new PassThrough();
  stream.on('data', (bytes) => {
    rest += bytes;
    for (let end; (end = rest.indexOf('\n')) >= 0; rest = rest.slice(end + 1)) {
      const { Action } = JSON.parse(rest.slice(0, end));
      // Their order among themselves is the Engine's affair, and so are those of `exec`.
      if (['create', 'start', 'die', 'destroy'].includes(Action)) actions.push(Action);
      if (Action === 'destroy') destroyed += 1;
    }
    changed.emit('change');
  });
  return {
    async untilDestroyed(times) {
      while (destroyed < times) await once(changed, 'change');
      stream.destroy();
      return actions.sort();
    },
  };
}

// What both outputs of a container's stream say, to its end.
async function collect(docker, stream) {
  const texts = { out: '', err: '' };
  const [out, err] = [new PassThrough(), new PassThrough()];
  out.on('data', (bytes) => (texts.out += bytes));
  err.on('data', (bytes) => (texts.err += bytes));
  docker.modem.demuxStream(stream, out, err);
  await once(stream, 'end');
  return texts;
}

async function list(docker, image, name) {
  const container = await docker.createContainer({ Image: image, Cmd: ['true'], name });
  try {
    const listed = await docker.listContainers({ all: true, filters: { name: [name] } });
    return listed.map(({ Names, State, Command }) => [Names, State, Command]);
  } finally {
    await container.remove();
  }
}

// Its output comes late, and both outputs count.
async function run(docker, image, name) {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const texts = { out: '', err: '' };
  out.on('data', (bytes) => (texts.out += bytes));
  err.on('data', (bytes) => (texts.err += bytes));
  const command = ['sh', '-c', 'echo out; echo err >&2; sleep 1; echo late; exit 6'];
  const [result, container] = await docker.run(image, command, [out, err], { name, Tty: false });
  await container.remove();
  return { ...texts, code: result.StatusCode };
}

// What a container says after its input has ended.
async function attach(docker, image, name) {
  const container = await docker.createContainer({
    Image: image,
    Cmd: ['sh', '-c', 'cat; sleep 1; echo late; exit 5'],
    OpenStdin: true,
    StdinOnce: true,
    name,
  });
  try {
    const options = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true };
    const stream = await container.attach(options);
    const collected = collect(docker, stream);
    await container.start();
    stream.end('one\ntwo\n');
    return { ...(await collected), code: (await container.wait()).StatusCode };
  } finally {
    await container.remove({ force: true });
  }
}

async function execute(docker, image, name) {
  const container = await docker.createContainer({ Image: image, Cmd: ['sleep', '600'], name });
  try {
    await container.start();
    const start = async (script, stdin) => {
      const exec = await container.exec({
        Cmd: ['sh', '-c', script],
        AttachStdin: stdin,
        AttachStdout: true,
        AttachStderr: true,
      });
      const stream = await exec.start({ hijack: stdin, stdin });
      const collected = collect(docker, stream);
      if (stdin) stream.end('input\n');
      return { ...(await collected), code: (await exec.inspect()).ExitCode };
    };
    return [
      await start('echo out; echo err >&2; sleep 1; echo late; exit 3', false),
      await start('cat; sleep 1; echo late; exit 4', true),
    ];
  } finally {
    await container.remove({ force: true });
  }
}

async function logs(docker, image, name) {
  const command = ['sh', '-c', 'for n in 1 2 3 4 5; do echo tick $n; sleep 0.2; done'];
  const container = await docker.createContainer({ Image: image, Cmd: command, name });
  try {
    await container.start();
    const stream = await container.logs({ follow: true, stdout: true, stderr: true });
    let pieces = 0;
    stream.on('data', () => (pieces += 1));
    return [(await collect(docker, stream)).out, pieces > 1];
  } finally {
    await container.remove({ force: true });
  }
}

async function missing(docker, name) {
  try {
    await docker.getContainer(`${name}-missing`).inspect();
    return 'found';
  } catch (error) {
    return [error.statusCode, error.json];
  }
}

setTimeout(() => {
  console.error(`not within ${DEADLINE} ms`);
  process.exit(1);
}, DEADLINE).unref();

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
