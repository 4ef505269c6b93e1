#!/bin/bash
# scripts/slurm for real: a controller and two nodes on this host, a node killed midway.
#
# usage: slurm.sh PROGRAM [FORMS]
#
# Skipped, with the reason, where Slurm is not installed or this is not root: its daemons change users.
set -u
program=$(realpath "${1:?usage: slurm.sh PROGRAM [FORMS]}")
forms=${2:-400} shards=8
top=$(cd "$(dirname "$0")/.." && pwd)
export SHENBAO_GRAMMARS=$top/grammars

for need in slurmctld slurmd sbatch munged sqlite3; do
    if ! command -v "$need" >/dev/null; then
        echo "skip - Slurm: $need is not installed (scripts/setup cluster)"
        echo '0 passed, 0 failed, 1 skipped'
        exit 0
    fi
done
if [ "$(id -u)" -ne 0 ]; then
    echo 'skip - Slurm: its daemons need root'
    echo '0 passed, 0 failed, 1 skipped'
    exit 0
fi

passed=0 failed=0
is() {
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1)); echo "ok - $name"
    else
        failed=$((failed + 1)); echo "not ok - $name"; echo "#   failed: $*"
    fi
}

work=$(mktemp -d /tmp/shenbao-slurm-XXXXXX)
chmod 755 "$work"
daemons=()
munged_started=
finish() {
    kill -9 "${daemons[@]}" 2>/dev/null
    wait "${daemons[@]}" 2>/dev/null
    strays | xargs -r kill -9 2>/dev/null
    [ -z "$munged_started" ] || kill "$munged_started" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

# Processes that run on a node of this cluster (all nodes without an argument): their environment says so.
strays() {
    local file
    for file in /proc/[0-9]*/environ; do
        if grep -qzx "SLURM_CONF=$work/slurm.conf" "$file" && grep -qz "^SLURMD_NODENAME=${1:-}" "$file"; then
            basename "$(dirname "$file")"
        fi
    done 2>/dev/null
}

# Slurm's own processes for jobs of this cluster: steps JOB...
steps() {
    local job pid
    for job; do
        for pid in $(pgrep -f "^slurmstepd: \\[$job\\."); do
            grep -qzx "SLURM_CONF=$work/slurm.conf" "/proc/$pid/environ" && echo "$pid"
        done
    done 2>/dev/null
}

port=$((20000 + $$ % 20000))
cat >"$work/slurm.conf" <<CONF
ClusterName=loop
SlurmctldHost=localhost(127.0.0.1)
AuthType=auth/munge
CryptoType=crypto/munge
SlurmUser=root
SlurmdUser=root
SlurmctldPort=$port
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.%n.pid
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool.%n
SlurmctldLogFile=$work/log/slurmctld.log
SlurmdLogFile=$work/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MinJobAge=600
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,sched_min_interval=0,batch_sched_delay=0,bf_interval=1,default_queue_depth=500
ReturnToService=2
SlurmdTimeout=10
JobCompType=jobcomp/filetxt
JobCompLoc=$work/log/jobcomp.txt
MailProg=/bin/true
SlurmdParameters=config_overrides
SwitchType=switch/none
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
NodeName=n[1-2] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + 2))] CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
CONF
mkdir -p "$work/state" "$work/log"
export SLURM_CONF=$work/slurm.conf

if ! munge -n >/dev/null 2>&1; then
    install -d -o munge -g munge -m 755 /run/munge
    [ -f /etc/munge/munge.key ] || mungekey --create
    chown munge:munge /etc/munge/munge.key
    runuser -u munge -- munged
    munged_started=$(cat /run/munge/munged.pid)
fi
slurmctld -D >"$work/log/ctld.out" 2>&1 &
daemons+=($!)
slurmd -D -N n1 >"$work/log/n1.out" 2>&1 &
daemons+=($!)
slurmd -D -N n2 >"$work/log/n2.out" 2>&1 &
node2=$!
daemons+=("$node2")
for _ in $(seq 100); do
    [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 2 ] && break
    sleep 0.1
done
is 'a controller and two nodes are up' [ "$(sinfo -h -t idle -o %D)" = 2 ]

"$top/scripts/make-corpus" --seed 21 "$forms" "$work/forms" >/dev/null || exit 1
documents=$work/documents
mkdir "$documents"
find "$work/forms" -type f ! -name '*.json' ! -name '*.tsv' -exec mv {} "$documents" \;

# What runs on node 2 stops midway and hangs, so that it surely is at work when the node dies.
cat >"$work/shenbao" <<WRAPPER
#!/bin/sh
if [ "\${SLURMD_NODENAME:-}" = n2 ] && [ ! -e "$work/killed" ]; then
    timeout -s KILL 0.3 "$program" "\$@"
    touch "$work/midway"
    sleep 600
fi
exec "$program" "\$@"
WRAPPER
chmod +x "$work/shenbao"

merge=$("$top/scripts/slurm/digitize" --shards "$shards" --program "$work/shenbao" "$work/forms.db" "$documents") || exit 1
# Node 2 dies while a task runs on it: the daemon and all it started, at once.
for _ in $(seq 300); do
    [ -e "$work/midway" ] && break
    sleep 0.1
done
victims=$(squeue -h -t R -w n2 -o %A | sort -u | tr '\n' ' ')
touch "$work/killed"
kill -9 "$node2"
wait "$node2" 2>/dev/null
steps $victims | xargs -r kill -9 2>/dev/null # first those that would report the end of a task
strays n2 | xargs -r kill -9 2>/dev/null
is 'a task ran on the node that was killed' [ -n "$victims" ]
# When the controller has missed it, it comes back as a node that was started again.
for _ in $(seq 600); do
    sinfo -h -n n2 -o %T | grep -q down && break
    sleep 0.1
done
is 'the controller missed it' sh -c 'sinfo -h -n n2 -o %T | grep -q down'
slurmd -D -N n2 >>"$work/log/n2.out" 2>&1 &
daemons+=($!)

for _ in $(seq 1200); do
    state=$(scontrol show job "$merge" 2>/dev/null | grep -o 'JobState=[A-Z_]*')
    case $state in JobState=COMPLETED | JobState=FAILED | JobState=CANCELLED | JobState=TIMEOUT) break ;; esac
    sleep 0.1
done
is 'the merge ended well' [ "$state" = JobState=COMPLETED ]
[ "$state" = JobState=COMPLETED ] || { squeue; tail -n 5 "$work"/forms.db.d/*.log "$work/log/slurmctld.log"; }
is 'a task was put back in the queue' grep -qi requeue "$work/log/slurmctld.log"

"$program" batch --archive "$work/single.db" "$documents" >/dev/null 2>"$work/single.err"
"$program" merge "$work/single-merged.db" "$work/single.db" >/dev/null 2>>"$work/single.err"
for name in forms single-merged; do
    "$program" export "$work/$name.db" -f csv -d "$work/$name.csv" >/dev/null 2>>"$work/single.err"
done
is 'both archives hold every form' [ "$(sqlite3 "$work/forms.db" 'SELECT count(*) FROM sources')" = "$forms" ]
is 'the merged archive exports the same as that of a single run' diff -rq "$work/forms.csv" "$work/single-merged.csv"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
