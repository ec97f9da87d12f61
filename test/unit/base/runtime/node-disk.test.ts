import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { NodeDisk } from '../../../../src/base/runtime/node-disk.ts';
import { compileForWorker } from '../../../support/compile.ts';
import { describeDisk } from './disk-contract.ts';

const root = mkdtempSync(join(tmpdir(), 'varve-disk-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describeDisk('NodeDisk', () => ({ disk: new NodeDisk(), dir: mkdtempSync(join(root, 'case-')) }));

const canMount = spawnSync('unshare', ['-Urm', 'true']).status === 0;

describe('NodeDisk on a full disk', () => {
  it.runIf(canMount || process.env.REQUIRE_PEERS === '1')(
    'reports disk_full where Node reports a short count and no error',
    () => {
      const out = compileForWorker(root, ['src/base/runtime/node-disk.ts']);
      const script = join(root, 'full.mjs');
      writeFileSync(
        script,
        `import { NodeDisk } from ${JSON.stringify(join(out, 'src/base/runtime/node-disk.js'))};
const disk = new NodeDisk();
const codes = [];
const bytes = new Uint8Array(200_000);
const sync = disk.openSync('/mnt/a', 'create');
try { for (let i = 0; i < 20; i++) sync.write(bytes, i * bytes.length); } catch (e) { codes.push(e.code, e.message); }
sync.truncate(900_000);
const durable = await disk.openDurable('/mnt/b', 'create');
try { for (let i = 0; i < 20; i++) await durable.write(bytes, i * bytes.length); } catch (e) { codes.push(e.code); }
try { disk.replaceFile('/mnt/c', bytes); } catch (e) { codes.push(e.code); }
codes.push(disk.list('/mnt').map((one) => one.name).join());
console.log(JSON.stringify(codes));`,
      );
      const command = `mount -t tmpfs -o size=1m tmpfs /mnt && ${process.execPath} ${script}`;
      const done = spawnSync('unshare', ['-Urm', 'sh', '-c', command], { encoding: 'utf8' });
      expect(done.stderr).toBe('');
      const [first, message, ...rest] = JSON.parse(done.stdout);
      expect(first).toBe('disk_full');
      expect(message).toMatch(/^cannot write \/mnt\/a: (ENOSPC|only \d+ of 200000 bytes)/);
      expect(rest).toEqual(['disk_full', 'disk_full', 'a,b']);
    },
  );
});
