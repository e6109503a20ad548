using Lateen.Interception.Netlink;
using Lateen.Interception.Options;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Apply;

/// <summary>Puts rule sets in place, all or nothing per IP version, and takes them away again.</summary>
public sealed class IptablesApplier
{
    // Other tools hold the xtables lock for milliseconds; the reference waits as long.
    private const string LockWaitSeconds = "10";

    private readonly IToolRunner _tools;
    private readonly InterceptionLog _log;
    private readonly Backend _backend;

    private IptablesApplier(IToolRunner tools, InterceptionLog log, Backend backend) => (_tools, _log, _backend) = (tools, log, backend);

    /// <summary>The backend in use.</summary>
    public Backend Backend => _backend;

    /// <summary>Finds the backend of the calling thread's network namespace; null where there is none.</summary>
    public static IptablesApplier? Create(IToolRunner tools, InterceptionLog log)
    {
        ArgumentNullException.ThrowIfNull(tools);
        ArgumentNullException.ThrowIfNull(log);
        return new BackendFinder(tools).Find() is { } backend ? new IptablesApplier(tools, log, backend) : null;
    }

    /// <summary>Replaces whatever of ours is there by the rules.</summary>
    public ApplyResult Apply(InterceptionRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        foreach (RuleSet set in rules.Sets)
        {
            RestoreScript script = RestoreScript.Replace(Present(set.Version), set);
            if (Restore(set.Version, script) is { } failure)
            {
                return new ApplyResult(failure);
            }
        }

        return ApplyResult.Done;
    }

    /// <summary>Takes away everything of ours, IPv4 and IPv6.</summary>
    public ApplyResult Clean()
    {
        foreach (IpVersion version in Enum.GetValues<IpVersion>())
        {
            RestoreScript script = RestoreScript.Remove(Present(version));
            if (script.Text.Length > 0 && Restore(version, script) is { } failure)
            {
                return new ApplyResult(failure);
            }
        }

        return ApplyResult.Done;
    }

    /// <summary>What iptables-save prints now.</summary>
    public string Save(IpVersion version) => _tools.Run(_backend.Save(version), []).Output;

    /// <summary>The fast path: where the kernel says that there are no tables at all, no program has to be asked.</summary>
    private Snapshot Present(IpVersion version) => _backend.Kind == BackendKind.IptablesNft && NftTables.Names(version) is { Count: 0 }
        ? Snapshot.Empty
        : Snapshot.Parse(Save(version));

    private string? Restore(IpVersion version, RestoreScript script)
    {
        string program = _backend.Restore(version);
        _log.Info($"Running {program} with the following input:\n{script.Text}");
        ToolResult result = _tools.Run(program, ["--noflush", "-w", LockWaitSeconds], script.Text);
        return result.Succeeded ? null : RestoreFailure.Explain(program, result, script);
    }
}
