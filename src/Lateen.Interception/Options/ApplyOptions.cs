namespace Lateen.Interception.Options;

/// <summary>How the rules are put in place: the options of istio-iptables that do not change the rules themselves.</summary>
public sealed record ApplyOptions
{
    /// <summary>--dry-run: print, change nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>--restore-format: one iptables-restore per IP version; false: one command per rule.</summary>
    public bool RestoreFormat { get; init; } = true;

    /// <summary>--skip-rule-apply: no rules and no routes.</summary>
    public bool SkipRuleApply { get; init; }

    /// <summary>--run-validation: after the rules, open a connection and see that it is captured.</summary>
    public bool RunValidation { get; init; }

    /// <summary>--iptables-probe-port: destination port of that connection.</summary>
    public ushort ProbePort { get; init; } = 15002;

    /// <summary>--probe-timeout.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>--network-namespace: path of the network namespace to work in; empty: the current one.</summary>
    public string NetworkNamespace { get; init; } = "";

    /// <summary>--cni-mode: called by a CNI plugin on the host for a pod, whose <see cref="NetworkNamespace"/> must be given; the tools run inside it.</summary>
    public bool CniMode { get; init; }

    /// <summary>--host-nsenter-exec: tools are run through nsenter, as found on the host; <see cref="NetworkNamespace"/> must be given.</summary>
    public bool HostNsenterExec { get; init; }
}
