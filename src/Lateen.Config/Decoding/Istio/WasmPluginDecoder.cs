using System.Buffers;
using System.Collections.Immutable;
using Lateen.Model;
using Lateen.Model.Extensions;
using Lateen.Model.Telemetry;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads the spec of a WasmPlugin (extensions.istio.io).</summary>
internal static class WasmPluginDecoder
{
    private static readonly SearchValues<char> ForbiddenInPath = SearchValues.Create("#$@%\\ ");

    private static readonly ChoiceNames<PluginPhase> Phases =
        Choices.Of(("UNSPECIFIED_PHASE", PluginPhase.UnspecifiedPhase));

    private static readonly ChoiceNames<ImagePullPolicy> PullPolicies =
        Choices.Of(("UNSPECIFIED_POLICY", ImagePullPolicy.UnspecifiedPolicy), ("IfNotPresent", ImagePullPolicy.IfNotPresent), ("Always", ImagePullPolicy.Always));

    private static readonly ChoiceNames<PluginFailStrategy> FailStrategies = Choices.Of<PluginFailStrategy>();
    private static readonly ChoiceNames<PluginType> Types = Choices.Of<PluginType>();
    private static readonly ChoiceNames<WorkloadMode> Modes = Choices.Of<WorkloadMode>();

    public static WasmPluginConfig Read(ObjectReader spec, ConfigMeta meta)
    {
        var (selector, target) = PolicySelectorDecoder.Read(spec, meta.Namespace);
        var variables = new List<PluginVariable>();
        spec["vmConfig"].Message(machine =>
        {
            variables.AddRange(ReadVariables(machine["env"]));
            return machine;
        });
        return new WasmPluginConfig
        {
            Meta = meta,
            Selector = selector,
            TargetRef = target,
            Url = Url(spec["url"]),
            Sha256 = Digest(spec["sha256"]),
            ImagePullPolicy = spec["imagePullPolicy"].Choice(PullPolicies) ?? ImagePullPolicy.UnspecifiedPolicy,
            ImagePullSecret = spec["imagePullSecret"].Text() ?? "",
            VerificationKey = spec["verificationKey"].Text() ?? "",
            PluginConfigJson = spec["pluginConfig"].Node is { } node ? JsonTree.ToJson(node)!.ToJsonString() : null,
            PluginName = spec["pluginName"].Text() ?? "",
            Phase = spec["phase"].Choice(Phases) ?? PluginPhase.UnspecifiedPhase,
            Priority = spec["priority"].Number32(),
            FailStrategy = spec["failStrategy"].Choice(FailStrategies) ?? PluginFailStrategy.FailClose,
            Environment = variables.ToEquatableArray(),
            Match = spec["match"].Messages(ReadMatch),
            Type = spec["type"].Choice(Types) ?? PluginType.UnspecifiedPluginType,
        };
    }

    private static string Url(ValueReader field)
    {
        var text = field.Required("name the module: oci://, http://, https:// or file://") ?? "";
        if (text.Length == 0)
        {
            return "";
        }

        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        var known = scheme < 0 || text[..scheme] is "oci" or "http" or "https" or "file";
        if (!known || scheme < 0 && text.AsSpan().IndexOfAny(ForbiddenInPath) >= 0)
        {
            field.Problem($"\"{text}\": the url must have one of the schemes oci, http, https, file");
        }

        return text;
    }

    private static string Digest(ValueReader field)
    {
        var text = field.Text() ?? "";
        if (text.Length > 0 && (text.Length != 64 || !text.All(c => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f')))
        {
            field.Problem($"\"{text}\" is no SHA-256 digest", "write 64 characters of 0-9 and a-f");
        }

        return text;
    }

    private static ImmutableArray<PluginVariable> ReadVariables(ValueReader field)
    {
        var names = new HashSet<string>();
        return field.Messages(variable =>
        {
            var name = variable["name"].Required("name the variable") ?? "";
            if (name.Length > 0 && !names.Add(name))
            {
                variable["name"].Problem($"variable \"{name}\" is given twice", "remove one");
            }

            var from = variable["valueFrom"].Text() ?? "INLINE";
            if (from is not ("INLINE" or "HOST"))
            {
                variable["valueFrom"].Problem($"\"{from}\" is not one of INLINE, HOST");
            }

            var value = variable["value"].Text() ?? "";
            if (from == "HOST" && value.Length > 0)
            {
                variable["value"].Problem("value may only be set when valueFrom is INLINE", "remove one of both");
            }

            return new PluginVariable(name, value, from == "HOST");
        });
    }

    private static PluginTrafficMatch ReadMatch(ObjectReader match)
    {
        var ports = new List<int>();
        foreach (var item in match["ports"].Items())
        {
            item.Message(port =>
            {
                ports.Add((int)(port["number"].Port() ?? 0));
                return port;
            });
        }

        return new PluginTrafficMatch(match["mode"].Choice(Modes) ?? WorkloadMode.Undefined, ports.ToEquatableArray());
    }
}
