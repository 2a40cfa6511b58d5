#!/usr/bin/env bash
# How long a check of this machine takes: `k8snf Test-NodeBaseline Kubernetes` as a whole process, as one file and beside the shared
# framework, against a bare `pwsh -NoProfile -c 1`, and against an ansible playbook that looks at the same two modules and three kernel
# parameters, now and in /etc.
#   bash tests/bench/baseline.sh [rounds]
# All commands run in turn in each round, so that a busy machine is as busy for each of them; the ratio counts, not the time.
# Builds what it measures into out/, installs nothing; pwsh (or $PWSH) and ansible-playbook are measured where they are there.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-10}
pwsh=${PWSH:-$(command -v pwsh || true)}
ansible=$(command -v ansible-playbook || true)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
case $(uname -m) in aarch64) rid=linux-arm64 ;; *) rid=linux-x64 ;; esac
quiet=(-c Release -v quiet -clp:NoSummary)
dotnet publish src/K8sNetfilter.Host "${quiet[@]}" -r "$rid"
dotnet publish src/K8sNetfilter.Host "${quiet[@]}" -r "$rid" --self-contained false -o out/bench/k8snf

work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
# The least that an ansible user would write: the files by check mode, what is now by one command each. No facts are gathered.
cat >"$work/check.yml" <<'PLAYBOOK'
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    modules: [overlay, br_netfilter]
    sysctls: [net.bridge.bridge-nf-call-iptables, net.bridge.bridge-nf-call-ip6tables, net.ipv4.ip_forward]
  tasks:
    - name: the modules are loaded or built in
      ansible.builtin.shell: "for m in {{ modules | join(' ') }}; do test -e /sys/module/$m || grep -qs \"/$m.ko$\" /lib/modules/$(uname -r)/modules.builtin || echo $m; done"
      check_mode: false
      changed_when: false
    - name: they are named for the boot
      ansible.builtin.copy: { dest: /etc/modules-load.d/k8s.conf, content: "{{ modules | join('\n') }}\n" }
    - name: the parameters have their values
      ansible.builtin.command: "sysctl -n {{ sysctls | join(' ') }}"
      check_mode: false
      changed_when: false
      failed_when: false
    - name: they are set at boot
      ansible.builtin.copy: { dest: /etc/sysctl.d/k8s.conf, content: "{{ sysctls | map('regex_replace', '$', ' = 1') | join('\n') }}\n" }
PLAYBOOK

names=() commands=()
add() { names+=("$1"); commands+=("$2"); }
[ -n "$pwsh" ] && add pwsh "'$pwsh' -NoProfile -c 1"
add one-file "out/k8snf/$rid/k8snf Test-NodeBaseline Kubernetes"
add framework "out/bench/k8snf/k8snf Test-NodeBaseline Kubernetes"
[ -n "$ansible" ] && add ansible "ANSIBLE_LOCALHOST_WARNING=0 '$ansible' --check -i localhost, '$work/check.yml'"

for ((round = 0; round <= rounds; round++)); do
  for i in "${!names[@]}"; do
    start=${EPOCHREALTIME/./}
    eval "${commands[i]}" >"$work/output" 2>&1 || { cat "$work/output"; echo "${names[i]} failed" >&2; exit 1; }
    # The first round warms the page cache.
    [ "$round" -eq 0 ] || echo $((${EPOCHREALTIME/./} - start)) >>"$work/times.$i"
  done
done

median() { sort -n "$work/times.$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2000 }'; }
least() { sort -n "$work/times.$1" | awk 'NR == 1 { print $1 / 1000 }'; }
declare -A medians
for i in "${!names[@]}"; do medians[${names[i]}]=$(median "$i"); done
echo "$rounds rounds, $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)"
printf '%-10s %10s %10s   %s\n' what 'median ms' 'least ms' ratio
ratio() { [ -z "${medians[$2]:-}" ] || awk -v a="${medians[$1]}" -v b="${medians[$2]}" -v n="$2" -v most="$3" 'BEGIN { printf "%.2f x %s (at most %s)  ", a / b, n, most }'; }
for i in "${!names[@]}"; do
  case ${names[i]} in one-file | framework) ratios=$(ratio "${names[i]}" pwsh 1.5; ratio "${names[i]}" ansible 0.2) ;; *) ratios= ;; esac
  printf '%-10s %10.1f %10.1f   %s\n' "${names[i]}" "${medians[${names[i]}]}" "$(least "$i")" "$ratios"
done
[ -n "$pwsh" ] || echo "pwsh is not here: the bound is then 450 ms."
[ -n "$ansible" ] || echo "ansible-playbook is not here (apt-get install --no-install-recommends ansible-core)."
