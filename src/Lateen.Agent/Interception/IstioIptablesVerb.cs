using System.Globalization;
using Lateen.Interception.Apply;
using Lateen.Interception.Building;
using Lateen.Interception.Options;
using Lateen.Interception.Probe;
using Lateen.Interception.Rendering;
using Lateen.Interception.Rules;

namespace Lateen.Agent.Interception;

/// <summary>
/// <c>lateen-agent istio-iptables</c>: puts the interception rules of a pod in place. Arguments, environment and exit codes are those of
/// pilot-agent's command, 1.19.3.
/// </summary>
internal sealed class IstioIptablesVerb
{
    public const string Name = "istio-iptables";

    private readonly InterceptionSession _session;
    private readonly TextWriter _output;
    private readonly InterceptionOptions _options;
    private readonly ApplyOptions _apply;
    private readonly bool _onlyRoutes;

    private IstioIptablesVerb(InterceptionSession session, TextWriter output, BoundOptions options, bool onlyRoutes)
    {
        _session = session;
        _output = output;
        _options = options.Interception;
        _apply = options.Apply;
        _onlyRoutes = onlyRoutes;
    }

    /// <summary>Runs the command.</summary>
    /// <param name="arguments">What follows the verb; <c>configure-routes</c> first asks for addresses and routes only.</param>
    /// <param name="environment">The process's environment.</param>
    /// <param name="output">For dry runs, help and the log.</param>
    /// <param name="errors">For problems.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter errors)
    {
        bool onlyRoutes = arguments is ["configure-routes", ..];
        InterceptionSession session = new(Name, environment, output, errors);
        return session.Bind(onlyRoutes ? [.. arguments.Skip(1)] : arguments, out BoundOptions? options) is { } exit
            ? exit
            : session.InNamespace(options!.Apply, () => new IstioIptablesVerb(session, output, options, onlyRoutes).Run());
    }

    private int Run()
    {
        HostFacts facts = SystemFacts.Read(_options);
        InterceptionRules rules = InterceptionRuleBuilder.Build(_options, facts);
        if (_apply.DryRun)
        {
            _output.Write(DryRun.Text(rules, _apply.RestoreFormat));
            return ExitCodes.Done;
        }

        _session.Log.Info(_session.EnvironmentReport());
        _session.Log.Info(OptionReport.Text(_options, _apply, facts));
        if (!_apply.SkipRuleApply && Put(rules) is var exit and not ExitCodes.Done)
        {
            return exit;
        }

        return _apply.RunValidation && !_onlyRoutes ? Validate(facts) : ExitCodes.Done;
    }

    private int Put(InterceptionRules rules)
    {
        if (!_onlyRoutes)
        {
            if (_session.Applier(_apply) is not { } applier)
            {
                return ExitCodes.RulesFailed;
            }

            long start = TimeProvider.System.GetTimestamp();
            ApplyResult result = applier.Apply(rules, _apply.RestoreFormat);
            if (!result.Succeeded)
            {
                return _session.Fail(result.Failure!, ExitCodes.RulesFailed);
            }

            _session.Log.Info($"Interception rules applied in {TimeProvider.System.GetElapsedTime(start).TotalMicroseconds:0} us by {applier.Backend.Kind}");
            foreach (RuleSet set in rules.Sets)
            {
                _session.Log.Info($"{applier.Backend.Save(set.Version)} now prints:\n{applier.Save(set.Version)}");
            }
        }

        return PodRoutes.Add(_options, rules.V6 is not null, _session.Log) is { } failure
            ? _session.Fail(failure, ExitCodes.BadOptions)
            : ExitCodes.Done;
    }

    private int Validate(HostFacts facts)
    {
        IpVersion version = facts.EnablesIpv6(_options.DualStack) && !facts.HasIpv4 ? IpVersion.V6 : IpVersion.V4;
        ProbeOptions probe = new(version, _options.ProxyPort, _options.InboundCapturePort, _apply.ProbePort,
            Id(_options.ProxyUids, facts.Users), Id(_options.ProxyGids, facts.Groups), _apply.ProbeTimeout);
        return new InterceptionProbe(TimeProvider.System, _session.Log).Run(probe) is { } failure
            ? _session.Fail(failure, ExitCodes.ValidationFailed)
            : ExitCodes.Done;
    }

    private static uint Id(IReadOnlyList<string> owners, IReadOnlyDictionary<string, uint> names) =>
        Owner.Of(owners[0], names).Id ?? uint.Parse(OptionBinder.DefaultProxyId, CultureInfo.InvariantCulture);
}
