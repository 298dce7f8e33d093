/**
 * A function for shell scripts, `patiently CHANGE PLACE…`: asks one place after the other for a change, by the function or
 * command of that name, and all of them again after a second, until one has made it. It ends the script: with 0, or with 1
 * when all have refused so many times.
 */
export function patiently(times: number): string {
  return `
patiently() {
  change=$1; shift
  for try in $(seq ${times}); do
    for at; do $change $at && exit 0; done
    sleep 1
  done
  exit 1
}
`;
}
