using Lateen.Interception.Apply;
using Lateen.Interception.Options;
using Lateen.Interception.Rendering;

namespace Lateen.Agent.Interception;

/// <summary>
/// <c>lateen-agent istio-clean-iptables</c>: takes away everything that istio-iptables put in place. Unlike the reference it needs no options to
/// know what that is; they matter for --dry-run and for routes of other numbers than the usual ones.
/// </summary>
internal static class IstioCleanIptablesVerb
{
    public const string Name = "istio-clean-iptables";

    /// <summary>Runs the command.</summary>
    public static int Run(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter errors)
    {
        InterceptionSession session = new(Name, environment, output, errors);
        return session.Bind(arguments, out BoundOptions? options) is { } exit
            ? exit
            : session.InNamespace(options!.Apply, () => Clean(session, options, output));
    }

    private static int Clean(InterceptionSession session, BoundOptions options, TextWriter output)
    {
        if (options.Apply.DryRun)
        {
            HostFacts facts = SystemFacts.Read(options.Interception);
            foreach (IReadOnlyList<string> command in CleanCommandRenderer.Commands(options.Interception, facts))
            {
                output.WriteLine(string.Join(' ', command));
            }

            return ExitCodes.Done;
        }

        if (session.Applier(options.Apply) is not { } applier)
        {
            return ExitCodes.RulesFailed;
        }

        ApplyResult result = applier.Clean();
        if (!result.Succeeded)
        {
            return session.Fail(result.Failure!, ExitCodes.RulesFailed);
        }

        PodRoutes.Remove(options.Interception);
        foreach (IpVersion version in IpVersions.Both)
        {
            session.Log.Info($"{applier.Backend.Save(version)} now prints:\n{applier.Save(version)}");
        }

        return ExitCodes.Done;
    }
}
