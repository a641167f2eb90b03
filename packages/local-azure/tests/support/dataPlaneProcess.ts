/** Program that runs an app with two replicas and prints `{ url, ca, pids }`, for tests that end it. */
import { startTestApp } from "../../../../tests/support/mcp/testApp.ts";

const [replicaCommand] = process.argv.slice(2);
const app = await startTestApp({ replicas: 2, plane: replicaCommand === undefined ? {} : { replicaCommand } });
const pids = app.plane.replicas(app.appId, app.revision.revision).map(({ pid }) => pid);
console.log(JSON.stringify({ url: app.url, ca: app.ca, pids }));
setInterval(() => {}, 60_000);
