using Lateen.Interception.Netlink;
using Lateen.Interception.Options;
using Lateen.Interception.Rendering;
using Lateen.Interception.Rules;

namespace Lateen.Interception.Apply;

/// <summary>
/// Puts rule sets in place through iptables' programs and takes them away again. All or nothing: after a failure every table is as it was before.
/// </summary>
internal sealed class IptablesApplier(IToolRunner tools, InterceptionLog log, Backend backend) : IRuleApplier
{
    // Other tools hold the xtables lock for milliseconds; the reference waits as long.
    private const string LockWaitSeconds = "10";

    /// <inheritdoc/>
    public Backend Backend => backend;

    /// <inheritdoc/>
    public ApplyResult Apply(InterceptionRules rules, bool restoreFormat)
    {
        List<Present> done = [];

        // Without IPv6 rules wanted, older ones are taken away: a half-intercepted pod is what nobody asked for.
        foreach (RuleSet set in rules.V6 is null ? [rules.V4, new RuleSet(IpVersion.V6, [])] : new[] { rules.V4, rules.V6 })
        {
            Present present = Look(set.Version);
            if (set.Rules.IsEmpty && present.HoldsNothingOfOurs)
            {
                continue;
            }

            done.Add(present);
            if (Put(present, set, restoreFormat) is { } failure)
            {
                foreach (Present earlier in done)
                {
                    Rollback(earlier);
                }

                return new ApplyResult(failure);
            }
        }

        return ApplyResult.Done;
    }

    /// <inheritdoc/>
    public ApplyResult Clean()
    {
        foreach (IpVersion version in IpVersions.Both)
        {
            Present present = Look(version);
            if (present.HoldsNothingOfOurs)
            {
                continue;
            }

            if (Put(present, new RuleSet(version, []), restoreFormat: true) is { } failure)
            {
                Rollback(present);
                return new ApplyResult(failure);
            }

            if (present.Ledger is { Entries.IsEmpty: false })
            {
                Ledger.Empty.Write(version);
            }
        }

        return ApplyResult.Done;
    }

    /// <inheritdoc/>
    public string Save(IpVersion version) => tools.Run(backend.Save(version), []).Output;

    private string? Put(Present present, RuleSet set, bool restoreFormat)
    {
        Ledger wanted = Ledger.For(set);
        if (backend.Kind == BackendKind.IptablesNft)
        {
            wanted = wanted.WithExisting(present.Tables, present.Ledger);
        }

        // Both the old and the new entries, so that a process that dies between the two steps leaves nothing that is nobody's.
        Ledger both = new([.. present.Ledger?.Entries ?? [], .. wanted.Entries]);
        bool keepsLedger = present.Ledger is not null && !both.Entries.IsEmpty;
        if (keepsLedger && !both.Write(set.Version))
        {
            log.Warn("The kernel refuses to keep a record of which rules are ours; a later clean-up recognises them by their shape.");
            keepsLedger = false;
        }

        RestoreScript script = restoreFormat || set.Rules.IsEmpty
            ? RestoreScript.Replace(present.Tables, present.Ownership, set)
            : RestoreScript.Remove(present.Tables, present.Ownership);
        string? failure = script.Text.Length > 0 ? Restore(set.Version, script) : null;
        if (failure is null && !restoreFormat)
        {
            failure = RunCommands(set);
        }

        if (failure is null && keepsLedger)
        {
            wanted.Write(set.Version);
        }

        if (failure is null && present.Saved.Length > 0 && backend.Kind == BackendKind.IptablesNft)
        {
            EmptyTables.Remove(set.Version, keep: wanted);
        }

        return failure;
    }

    /// <summary>The fast path: where the kernel says that there are no tables at all, no program has to be asked.</summary>
    private Present Look(IpVersion version)
    {
        IReadOnlyList<string>? nft = NftTables.Names(version);
        string saved = backend.Kind == BackendKind.IptablesNft && nft is { Count: 0 } ? "" : tools.Run(backend.Save(version), ["-c"]).Output;
        return new Present(version, saved, nft is { Count: 0 } ? Ledger.Empty : Ledger.Read(version));
    }

    private string? Restore(IpVersion version, RestoreScript script)
    {
        string program = backend.Restore(version);
        log.Info($"Running {program} with the following input:\n{script.Text}");
        ToolResult result = tools.Run(program, ["--noflush", "-w", LockWaitSeconds], script.Text);
        return result.Succeeded ? null : RestoreFailure.Explain(program, result, script);
    }

    private string? RunCommands(RuleSet set)
    {
        foreach (IReadOnlyList<string> command in CommandRenderer.Commands(set))
        {
            log.Info("Running command: " + string.Join(' ', command));

            // Quotes belong to the restore format only.
            string[] arguments = ["-w", LockWaitSeconds, .. command.Skip(1).Select(w => w.Trim('"'))];
            ToolResult result = tools.Run(backend.Command(set.Version), arguments);
            if (!result.Succeeded)
            {
                Rule? rule = set.Rules.FirstOrDefault(r => command.Skip(5).SequenceEqual(r.Specification) || command.Skip(6).SequenceEqual(r.Specification));
                return RestoreFailure.Explain(string.Join(' ', command), result, rule);
            }
        }

        return null;
    }

    private void Rollback(Present present)
    {
        string text = RestoreScript.Rollback(present.Saved, TableNames.All);
        ToolResult result = tools.Run(backend.Restore(present.Version), ["--counters", "-w", LockWaitSeconds], text);
        if (!result.Succeeded)
        {
            log.Error($"The tables could not be put back as they were: {result.Errors.Trim()}");
        }

        (present.Ledger ?? Ledger.Empty).Write(present.Version);
        if (backend.Kind == BackendKind.IptablesNft)
        {
            EmptyTables.Remove(present.Version, keep: Ledger.Empty.WithExisting(present.Tables, null));
        }
    }

    /// <summary>What is there before anything is changed.</summary>
    private sealed record Present(IpVersion Version, string Saved, Ledger? Ledger)
    {
        public Snapshot Tables { get; } = Snapshot.Parse(Saved);

        public Ownership Ownership => new(Ledger);

        public bool HoldsNothingOfOurs => Saved.Length == 0 || RestoreScript.Remove(Tables, Ownership).Text.Length == 0;
    }
}
