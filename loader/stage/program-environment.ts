type Variables = Readonly<Record<string, string | undefined>>;

/** Our own settings, among them passphrases, and what others name like a secret. Tokens for downloads are not needed any more. */
const SECRET =
  /^MODELSEAL_|(?:^|_)(?:PASS|PASSWD|PASSWORD|PASSPHRASE|SECRET|SECRET_KEY|PRIVATE_KEY|SIGNING_KEY|HMAC_KEY|ACCESS_KEY|API_KEY|TOKEN|CREDENTIALS|PIN)$/i;

/**
 * What a program gets of the environment: everything but secrets, of which it has no need, and where the model is.
 *
 * @param pass Names that are passed on although they look like a secret.
 */
export function programEnvironment(
  env: Variables,
  pass: readonly string[],
  model: string,
): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && (pass.includes(name) || !SECRET.test(name))) passed[name] = value;
  return { ...passed, MODELSEAL_MODEL: model };
}
