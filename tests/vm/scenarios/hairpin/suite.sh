# Suites of tests/Kernel.Tests, as they run on the machine itself, in the guest: their explanation must equal what this kernel does.
suite() {
  name=$1; shift
  DOTNET_TieredPGO=0 dotnet "$tests/Kernel.Tests.dll" -noLogo -noColor "$@" >/run/suite 2>&1
  code=$?
  say "NOTE $name: $(grep -o 'Total:.*' /run/suite) at $(cut -d' ' -f1 /proc/uptime) s"
  if [ $code -eq 0 ] && grep -q 'Total: [1-9]' /run/suite; then pass "$name"; else fail "$name: $(grep -v '^ *$' /run/suite | head -40 | cut -c1-300 | tr '\n' ' ')"; fi
}
lab() { "$program" -Json Test-ServiceHairpin -Lab "$@" >/run/lab 2>&1; }
