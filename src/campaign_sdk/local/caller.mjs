// Who calls: the settings of a transaction in which a request runs as its caller.

// The claims, the role, the role's own settings (which SET ROLE leaves out) and the request.
export const SETTINGS = `
  with kept as (
    select d.setrole = to_regrole($1) as own, c.setting
    from pg_catalog.pg_db_role_setting d, unnest(d.setconfig) as c (setting)
    where d.setrole in (to_regrole('authenticator'), to_regrole($1))
      and c.setting not like '%preload_libraries=%'
    order by own
  )
  select set_config(split_part(setting, '=', 1),
                    substr(setting, strpos(setting, '=') + 1), true) from kept
  union all
  select set_config(key, value, true) from jsonb_each_text($2::jsonb)
`;

/** What SETTINGS is given. */
export function settingsOf({ auth, storage, rpc }) {
  const role = auth?.role || "anon";
  const settings = {
    "request.jwt.claims": JSON.stringify(auth?.jwt ?? { role }),
    "request.jwt.claim.sub": String(auth?.uid ?? ""),
    "request.jwt.claim.role": role,
    "storage.operation": String(storage?.operation ?? ""),
    ...(rpc && requestSettings(rpc)),
    role,
  };
  return [role, JSON.stringify(settings)];
}

function requestSettings({ method, path, requestHeaders = {} }) {
  return {
    "response.status": "",
    "response.headers": "",
    "request.method": method,
    "request.path": path,
    "request.headers": JSON.stringify(requestHeaders),
  };
}
