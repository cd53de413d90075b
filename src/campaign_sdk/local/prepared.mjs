// A line to PostgreSQL on which a request costs few round trips, as PostgREST's does.
//
// kysely's driver prepares nothing, so that each statement is parsed anew and takes two round
// trips, and it waits for the answer to each. Here calls of functions and the settings of a
// request are prepared once a connection, and what has no answer worth waiting for is sent
// together with what follows it.

const CALL = /^select \* from "?\w+"?\."?\w+"?\([^()]*\) as "\w+"(?: limit \$\d+)?$/;
const NOTHING = Object.assign([], { command: "", count: 0 });

/** Let the connections that are taken from a postgres.js driver do so. */
export function prepareStatements(driver, { settings, version }) {
  const { reserve } = driver;
  driver.reserve = async () => {
    const line = await reserve();
    const { unsafe } = line;
    let failure;
    line.unsafe = (text, values = []) => {
      if (text === "begin") failure = undefined;
      const query = CALL.test(text)
        ? unsafe(`${text} -- ${version()}`, values, { prepare: true })
        : unsafe(text, values, { prepare: text === settings });
      if (text !== "begin" && text !== settings)
        return query.catch((error) => Promise.reject(failure ?? error));
      query.catch((error) => (failure ??= error));
      return NOTHING;
    };
    return line;
  };
}
