using System.Globalization;
using System.Text;

namespace Lateen.Sandbox.Node;

/// <summary>The shell script that turns a fresh mount, pid and host name namespace into a container, and then becomes its program.</summary>
/// <remarks>
/// It is kept in the container's folder, so that a person can read how a container was made. The root is an overlay over the
/// host's, written to memory: what the container writes is gone with it. Everything mounted is in its own mount namespace, so
/// nothing has to be unmounted.
/// </remarks>
internal static class LaunchScript
{
    private const string Devices = "null zero full random urandom tty";

    /// <summary>The script.</summary>
    public static string Build(ContainerPlan plan)
    {
        StringBuilder script = new();
        string root = Shell.Quote(Path.Combine(plan.Folder, "root"));
        script.Append($"""
            #!/bin/sh
            # Made by lateen: starts one container; its namespaces are new, nothing done here is seen outside.
            exec </dev/null
            exec 3>&1 1>&2
            set -e
            umask 022
            export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
            # /proc is still the host's: the pid read there is the one that the host knows.
            read -r pid rest </proc/self/stat
            mkdir -p {root}
            mount -t tmpfs -o mode=755 lateen {root}
            cd {root}
            mkdir upper work root
            mount -t overlay lateen -o lowerdir=/,upperdir=upper,workdir=work root
            cd root
            mkdir -p .host
            pivot_root . .host
            cd /
            mount -t proc proc /proc
            mount -t sysfs -o ro sysfs /sys
            mount -t tmpfs -o mode=755 lateen /dev
            mkdir /dev/pts /dev/shm
            mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts /dev/pts
            mount -t tmpfs -o mode=1777 lateen /dev/shm
            for device in {Devices}; do : >/dev/$device; mount --bind /.host/dev/$device /dev/$device; done
            ln -s /proc/self/fd /dev/fd
            ln -s /proc/self/fd/0 /dev/stdin
            ln -s /proc/self/fd/1 /dev/stdout
            ln -s /proc/self/fd/2 /dev/stderr
            ln -s pts/ptmx /dev/ptmx
            mount -t tmpfs -o mode=755 lateen /run
            mkdir -m 1777 /run/lock
            mount -t tmpfs -o mode=1777 lateen /tmp

            """);
        foreach (string hidden in plan.Hidden)
        {
            string path = Shell.Quote(hidden);
            script.Append(CultureInfo.InvariantCulture, $"if [ -d {path} ]; then mount -t tmpfs -o mode=755 lateen {path}; fi\n");
        }

        script.Append(plan.Preparation);
        foreach (MountPlan mount in plan.Mounts.OrderBy(mount => mount.Target.Count(c => c == '/')))
        {
            AppendMount(script, mount);
        }

        script.Append(CultureInfo.InvariantCulture, $"hostname {Shell.Quote(plan.Hostname)}\n");
        script.Append("umount -l /.host\nrmdir /.host\n");
        if (plan.ReadOnlyRoot)
        {
            script.Append("mount -o remount,bind,ro /\n");
        }

        script.Append(CultureInfo.InvariantCulture, $"mkdir -p {Shell.Quote(plan.WorkingDirectory)} 2>/dev/null || true\n");
        script.Append(CultureInfo.InvariantCulture, $"cd {Shell.Quote(plan.WorkingDirectory)}\n");
        // The first line tells the node that the root stands; all later output is the program's.
        script.Append("exec 1>&3 3>&-\necho $pid\n");
        script.Append("exec ").Append(Become(plan)).Append(' ').Append(Shell.Quote(plan.Command)).Append('\n');
        return script.ToString();
    }

    /// <summary>The words before a command that give it the container's identity and variables.</summary>
    /// <remarks>The identity's change clears the parent-death signal, so it is set again last (prctl(2), PR_SET_PDEATHSIG).</remarks>
    public static string Become(ContainerPlan plan)
    {
        ProcessIdentity identity = plan.Identity;
        List<string> words = ["env", "-i"];
        words.AddRange(plan.Environment.Select(variable => $"{variable.Key}={variable.Value}"));
        words.Add("setpriv");
        words.Add("--pdeathsig=KILL");
        words.Add($"--reuid={identity.User}");
        words.Add($"--regid={identity.Group}");
        words.Add(identity.Groups.Count > 0 ? $"--groups={string.Join(',', identity.Groups)}" : "--clear-groups");
        if (identity.Capabilities is { } capabilities)
        {
            words.Add("--inh-caps=-all");
            words.Add("--bounding-set=" + string.Join(',', capabilities.Select(name => "+" + name).Prepend("-all")));
        }

        if (identity.NoNewPrivileges)
        {
            words.Add("--no-new-privs");
        }

        words.Add("--");
        return Shell.Quote(words);
    }

    private static void AppendMount(StringBuilder script, MountPlan mount)
    {
        string source = Shell.Quote("/.host" + mount.Source);
        string target = Shell.Quote(mount.Target);
        script.Append(CultureInfo.InvariantCulture, $"""
            if [ -d {source} ]; then mkdir -p {target}; else mkdir -p "$(dirname {target})"; [ -e {target} ] || : >{target}; fi
            mount --bind {source} {target}

            """);
        if (mount.ReadOnly)
        {
            script.Append(CultureInfo.InvariantCulture, $"mount -o remount,bind,ro {target}\n");
        }
    }
}
