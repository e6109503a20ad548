using System.Globalization;
using System.Text.RegularExpressions;
using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Networking;
using Filter = Envoy.Config.Listener.V3.Filter;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>Parses the patches of an EnvoyFilter; one that can not be honoured is left out alone, with its reason.</summary>
internal static class EnvoyPatchCompiler
{
    public static CompiledEnvoyFilter Compile(EnvoyFilterConfig config)
    {
        var patches = new List<EnvoyPatch>();
        var problems = new List<ModelProblem>();
        for (var i = 0; i < config.ConfigPatches.Count; i++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"spec.configPatches[{i}]");
            if (Compile(config.Meta, config.ConfigPatches[i], path, problems) is { } patch)
            {
                patches.Add(patch);
            }
        }

        return new(config, patches.ToEquatableArray(), problems.ToEquatableArray());
    }

    private static EnvoyPatch? Compile(ConfigMeta meta, EnvoyConfigPatch source, string path, List<ModelProblem> problems)
    {
        ModelProblem Problem(string field, string what, string fix) => new(meta.ToString(), $"{path}.{field}", what, fix);

        if (TypeOf(source.ApplyTo) is not { } type)
        {
            problems.Add(Problem("applyTo", "names nothing that can be patched", "name for instance HTTP_FILTER"));
            return null;
        }

        var operation = Effective(source.ApplyTo, source.Operation);
        if (!Allows(source.ApplyTo, operation))
        {
            problems.Add(Problem("patch.operation", $"{Name(operation)} is not possible at {Name(source.ApplyTo)}", $"use one of {Operations(source.ApplyTo)}"));
            return null;
        }

        if (source.Match.Listener is { PortName.Length: > 0 })
        {
            // Istio 1.19 does not look at it either: the patch is applied, but its author should know.
            problems.Add(Problem("match.listener.portName", "is not looked at", "use portNumber or name"));
        }

        Regex? version = null;
        if (source.Match.ProxyVersion.Length > 0)
        {
            try
            {
                version = new Regex(source.Match.ProxyVersion, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            }
            catch (ArgumentException exception)
            {
                problems.Add(Problem("match.proxy.proxyVersion", exception.Message, "write an RE2 expression"));
                return null;
            }
        }

        IMessage? value = null;
        if (operation != EnvoyFilterOperation.Remove)
        {
            try
            {
                value = XdsJson.Parse(source.ValueJson ?? "{}", type);
            }
            catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidOperationException or FormatException)
            {
                problems.Add(Problem("patch.value", exception.Message, $"write a {type.FullName} in protobuf-JSON, with types that the proxy knows"));
                return null;
            }
        }

        return new(meta, path, source.ApplyTo, operation, source.Match, version, value);
    }

    /// <summary>What a patch's value is.</summary>
    private static MessageDescriptor? TypeOf(EnvoyFilterApplyTo applyTo) => applyTo switch
    {
        EnvoyFilterApplyTo.Listener => Listener.Descriptor,
        EnvoyFilterApplyTo.FilterChain => FilterChain.Descriptor,
        EnvoyFilterApplyTo.NetworkFilter => Filter.Descriptor,
        EnvoyFilterApplyTo.HttpFilter => HttpFilter.Descriptor,
        EnvoyFilterApplyTo.ListenerFilter => ListenerFilter.Descriptor,
        EnvoyFilterApplyTo.RouteConfiguration => RouteConfiguration.Descriptor,
        EnvoyFilterApplyTo.VirtualHost => VirtualHost.Descriptor,
        EnvoyFilterApplyTo.HttpRoute => Route.Descriptor,
        EnvoyFilterApplyTo.Cluster => Cluster.Descriptor,
        EnvoyFilterApplyTo.ExtensionConfig => TypedExtensionConfig.Descriptor,
        EnvoyFilterApplyTo.Bootstrap => Bootstrap.Descriptor,
        _ => null,
    };

    /// <summary>Where things have no order, inserting is adding.</summary>
    private static EnvoyFilterOperation Effective(EnvoyFilterApplyTo applyTo, EnvoyFilterOperation operation) =>
        operation is EnvoyFilterOperation.InsertAfter or EnvoyFilterOperation.InsertBefore or EnvoyFilterOperation.InsertFirst
        && applyTo is not (EnvoyFilterApplyTo.NetworkFilter or EnvoyFilterApplyTo.HttpFilter
            or EnvoyFilterApplyTo.ListenerFilter or EnvoyFilterApplyTo.HttpRoute)
            ? EnvoyFilterOperation.Add
            : operation;

    /// <summary>Istio, EnvoyFilter.Patch.Operation: what each operation is defined for.</summary>
    private static bool Allows(EnvoyFilterApplyTo applyTo, EnvoyFilterOperation operation) => operation switch
    {
        EnvoyFilterOperation.Merge => applyTo is not (EnvoyFilterApplyTo.ListenerFilter or EnvoyFilterApplyTo.ExtensionConfig),
        EnvoyFilterOperation.Add => applyTo is not (EnvoyFilterApplyTo.RouteConfiguration or EnvoyFilterApplyTo.Bootstrap),
        EnvoyFilterOperation.Remove => applyTo is not (EnvoyFilterApplyTo.RouteConfiguration
            or EnvoyFilterApplyTo.ExtensionConfig or EnvoyFilterApplyTo.Bootstrap),
        EnvoyFilterOperation.InsertAfter or EnvoyFilterOperation.InsertBefore or EnvoyFilterOperation.InsertFirst => true,
        EnvoyFilterOperation.Replace => applyTo is EnvoyFilterApplyTo.NetworkFilter or EnvoyFilterApplyTo.HttpFilter
            or EnvoyFilterApplyTo.ListenerFilter or EnvoyFilterApplyTo.VirtualHost,
        _ => false,
    };

    private static string Operations(EnvoyFilterApplyTo applyTo) => string.Join(", ", Enum.GetValues<EnvoyFilterOperation>()
        .Where(operation => Allows(applyTo, operation) && Effective(applyTo, operation) == operation).Select(operation => Name(operation)));

    /// <summary>`InsertBefore` as users write it: `INSERT_BEFORE`.</summary>
    private static string Name<T>(T value)
        where T : struct, Enum
    {
        var text = new System.Text.StringBuilder();
        foreach (var c in value.ToString())
        {
            if (char.IsUpper(c) && text.Length > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToUpperInvariant(c));
        }

        return text.ToString();
    }
}
