/** Prepares once what the whole suite needs; each part says what it does when that takes long. */
export default async function setup(): Promise<void> {}
