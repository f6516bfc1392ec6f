"""Wrong values, and what the chart must say of each: the path of the value is in the message."""

from rendering import helm_template

LOOP = 'tiers=[{"name":"a","loop":{"directory":"/srv/cairn/a"%s}}]'
LVM = 'tiers=[{"name":"a","lvm":{"volumeGroup":"g"%s}}]'

# The value, as --set-json takes it, and words of the message.
CASES = [
    ('shape="clusster"', ["/shape", "'cluster', 'single'"]),
    ('tires=[]', ["'tires' not allowed"]),
    ('node={"hostNetwork":true}', ["/node", "hostNetwork"]),
    ('image={"tga":"1"}', ["/image", "tga"]),
    ('image={"digest":"1234"}', ["/image/digest"]),
    ('provisioner={"image":{"tag":""}}', ["/provisioner/image/tag"]),
    ('driverName="under_score"', ["/driverName"]),
    ('kubeletDir="var/lib/kubelet"', ["/kubeletDir"]),
    ('log={"level":"warn"}', ["/log/level"]),
    ('controller={"replicas":0}', ["/controller/replicas"]),
    ('node={"maxVolumes":-1}', ["/node/maxVolumes"]),
    ('node={"updateStrategy":{"maxUnavailable":"0%"}}', ["/node/updateStrategy/maxUnavailable"]),
    ('node={"resources":{"limit":{}}}', ["/node/resources", "limit"]),
    ('node={"resources":{"limits":{"memory":"4GB"}}}', ["/node/resources/limits/memory", "4GB"]),
    ('certificates={"source":"acme"}', ["/certificates/source"]),
    ('certificates={"source":"secret"}', ["certificates.controllerSecret"]),
    ('controller={"page":{"enable":true}}', ["/controller/page", "enable"]),
    ('controller={"page":{"from":[{"podSelektor":{}}]}}', ["/controller/page/from/0", "podSelektor"]),
    ('shape="single",controller={"page":{"enabled":true}}', ["controller.page.enabled", "single"]),
    ('certificates={"requireNodeNames":true}', ["certificates.requireNodeNames", "certificates.nodeVolume"]),
    ('certificates={"nodeVolume":{"secret":{}}}', ["/certificates/nodeVolume", "secret"]),
    ('certificates={"nodeVolume":{"hostPath":{"path":"tls"}}}', ["/certificates/nodeVolume/hostPath/path"]),
    (
        'certificates={"nodeSecret":"x","nodeVolume":{"hostPath":{"path":"/etc/cairn/tls"}}}',
        ["certificates.nodeSecret", "certificates.nodeVolume"],
    ),
    ('snapshots={"enabled":"yes"}', ["/snapshots/enabled"]),
    ('networkPolicy={"apiServerPorts":[]}', ["/networkPolicy/apiServerPorts"]),
    ('lostNodes=["worker-7"]', ["/lostNodes/0"]),
    ('lostNodes=[{"node":"worker-7","boot":"x"}]', ["/lostNodes/0", "boot"]),
    ('storageClasses={"defaultTier":"gold"}', ["storageClasses.defaultTier", "gold", "scratch"]),
    ('storageClasses={"tiers":{"gold":{}}}', ["storageClasses.tiers.gold", "scratch"]),
    ('storageClasses={"reclaimPolicy":"Recycle"}', ["/storageClasses/reclaimPolicy"]),
    ('storageClasses={"parameters":{"tier":"x"}}', ["/storageClasses/parameters", "'tier'"]),
    ("tiers=[]", ["tiers and nodeGroups"]),
    ('tiers=[{"name":"Fast","loop":{"directory":"/srv/cairn/a"}}]', ["/tiers/0/name"]),
    ('tiers=[{"name":"a"}]', ["/tiers/0", "loop"]),
    ('tiers=[{"name":"a","loop":{"directory":"/srv/a/b"},"lvm":{"volumeGroup":"g"}}]', ["/tiers/0", "loop"]),
    (LOOP % ',"driectory":"/x"', ["/tiers/0/loop", "driectory"]),
    (LOOP % ',"create":true', ["/tiers/0/loop", "mountPoint"]),
    (LOOP % ',"provisioning":"thick","overcommit":2', ["/tiers/0/loop", "overcommit"]),
    (LOOP % ',"create":"true"', ["/tiers/0/loop/create"]),
    (LOOP.replace("/srv/cairn/a", "srv/a") % "", ["/tiers/0/loop/directory"]),
    (LOOP.replace("/srv/cairn/a", "/srv/../a") % "", ["loop.directory of a", "/srv/../a", "write /a"]),
    (LOOP.replace("/srv/cairn/a", "/mnt/a/") % "", ["loop.directory of a", "write /mnt/a"]),
    (LOOP.replace("/srv/cairn/a", "/data") % "", ["loop.directory of a", "/data", "parent", "/mnt/a"]),
    (LOOP.replace("/srv/cairn/a", "/mnt/a:b") % "", ["/tiers/0/loop/directory"]),
    (LOOP.replace("/srv/cairn/a", "/var/lib/a") % "", ["loop.directory of a", "/var/lib"]),
    (LOOP.replace("/srv/cairn/a", "/usr/local/bin/a") % "", ["loop.directory of a", "/usr"]),
    (LOOP.replace("/srv/cairn/a", "/var/lib/kubelet/x/a") % "", ["loop.directory of a", "/var/lib/kubelet"]),
    (LOOP.replace("/srv/cairn/a", "/var/lib/cairn/state") % "", ["loop.directory of a", "one inside the other"]),
    (
        'tiers=[{"name":"a","loop":{"directory":"/srv/a/b"}},{"name":"c","loop":{"directory":"/srv/a/b/c"}}]',
        ["loop.directory of c", "/srv/a/b", "one inside the other"],
    ),
    ('networkPolicy={"dnsTo":[]}', ["/networkPolicy/dnsTo"]),
    ('networkPolicy={"metricsFrom":[{}]}', ["/networkPolicy/metricsFrom/0"]),
    ('storageClasses={"parameters":{"fstyp":"xfs"}}', ["/storageClasses/parameters", "fstyp"]),
    (LVM % ',"thinPoool":"p"', ["/tiers/0/lvm", "thinPoool"]),
    (LVM % ',"thinPool":"p","wipe":"zero"', ["/tiers/0/lvm", "wipe"]),
    (LVM % ',"overcommit":2', ["/tiers/0/lvm", "overcommit"]),
    (LVM % ',"createOptions":{"raid":"raid7"}', ["/tiers/0/lvm/createOptions/raid"]),
    ('nodeGroups=[{"name":"x","label":"l","values":["v"],"tiers":[]}]', ["/nodeGroups/0/tiers"]),
    ('nodeGroups=[{"name":"x","tiers":[]}]', ["/nodeGroups/0", "label"]),
    (
        'nodeGroups=[{"name":"default","label":"l","values":["v"],"tiers":'
        '[{"name":"a","lvm":{"volumeGroup":"g"}}]}]',
        ["nodeGroups[0].name", "default"],
    ),
    (
        'tiers=[{"name":"a","lvm":{"volumeGroup":"g"}},{"name":"a","lvm":{"volumeGroup":"h"}}]',
        ["tiers: a is defined twice"],
    ),
    (
        'tiers=[{"name":"a","default":true,"lvm":{"volumeGroup":"g"}},{"name":"b","default":true,"lvm":{"volumeGroup":"h"}}]',
        ["tiers: a and b", "default"],
    ),
    (
        'tiers=[{"name":"a","lvm":{"volumeGroup":"g"}},{"name":"b","lvm":{"volumeGroup":"h"}}],storageClasses={"tiers":{"a":{"name":"cairn-b"}}}',
        ["storageClasses.tiers.b.name", "cairn-b", "tier a"],
    ),
]


def problems():
    for value, words in CASES:
        rendered = helm_template("--set-json", value)
        if rendered.returncode == 0:
            yield f"{value} is taken"
            continue
        missing = [word for word in words if word not in rendered.stderr]
        if missing:
            yield f"{value}: the message lacks {missing}: {rendered.stderr.strip()}"
