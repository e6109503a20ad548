using System.Text.Json.Nodes;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Istio;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model;
using Lateen.Translation;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>The mesh of a kind's row: neutral services and Istio objects.</summary>
internal static class KindMesh
{
    /// <summary>The mesh of the inputs `services` and `configs`, seen by the proxy of the settings.</summary>
    public static ProxyContext Context(ConformanceCase c) => Context(c, c.Settings["proxy"] as JsonObject);

    public static ProxyContext Context(ConformanceCase c, JsonObject? proxy)
    {
        var mesh = new CaseMesh(c.Settings);
        foreach (var service in c.Inputs["services"] as JsonArray ?? [])
        {
            mesh.Add(NeutralServices.Read((JsonObject)service!));
        }

        foreach (var config in c.Inputs["configs"] as JsonArray ?? [])
        {
            mesh.Add(JsonTree.From(config));
        }

        return new(mesh.Build(), CaseProxy.Read(proxy));
    }

    /// <summary>An Istio object out of its JSON; what can be read of it counts.</summary>
    public static T Config<T>(JsonNode? json)
        where T : class, IIstioConfig =>
        IstioDecoder.Decode(JsonTree.From(json)).Value as T
            ?? throw new InvalidDataException($"no {typeof(T).Name} can be read of {json?.ToJsonString()}");

    /// <summary>An object around a spec.</summary>
    public static T Config<T>(string apiVersion, string kind, JsonObject spec, string @namespace = "default")
        where T : class, IIstioConfig => Config<T>(new JsonObject
        {
            ["apiVersion"] = apiVersion,
            ["kind"] = kind,
            ["metadata"] = new JsonObject { ["name"] = "case", ["namespace"] = @namespace },
            ["spec"] = spec.DeepClone(),
        });
}
