// Reads an Engine with dockerode, or tries to change it, and prints, as JSON, what it got.
//
// Arguments: what `docker --host` takes, `read` or `change`, an image, and the name of a container.

'use strict';

const Docker = require('dockerode');

async function main() {
  const [host, what, image, name] = process.argv.slice(2);
  const url = new URL(host);
  const docker =
    url.protocol === 'unix:'
      ? new Docker({ socketPath: url.pathname })
      : new Docker({ protocol: 'http', host: url.hostname, port: url.port });
  const got = what === 'read' ? await read(docker, name) : await change(docker, image, name);
  console.log(JSON.stringify(got));
}

async function read(docker, name) {
  const container = docker.getContainer(name);
  const listed = await docker.listContainers({ filters: { name: [name] } });
  const networks = await docker.listNetworks({ filters: { name: ['none', 'host'] } });
  return {
    ping: String(await docker.ping()),
    version: (await docker.version()).Version,
    name: (await container.inspect()).Name.slice(1),
    listed: listed.map(({ Names }) => Names),
    top: (await container.top()).Processes.length,
    stats: (await container.stats({ stream: false })).name,
    driver: (await docker.info()).Driver,
    networks: networks.map(({ Name }) => Name).sort(),
  };
}

async function change(docker, image, name) {
  const container = docker.getContainer(name);
  const attach = { stream: true, stdin: true, stdout: true, hijack: true };
  return {
    create: await refused(docker.createContainer({ Image: image, Cmd: ['true'] })),
    exec: await refused(container.exec({ Cmd: ['true'] })),
    kill: await refused(container.kill()),
    logs: await refused(container.logs({ stdout: true })),
    archive: await refused(container.getArchive({ path: '/etc/passwd' })),
    remove: await refused(container.remove({ force: true })),
    attach: await refused(container.attach(attach)),
  };
}

async function refused(act) {
  try {
    return ['done', String(await act)];
  } catch (error) {
    return [error.statusCode, error.message];
  }
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
