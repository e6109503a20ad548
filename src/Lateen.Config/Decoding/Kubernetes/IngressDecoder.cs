using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Ingresses;

namespace Lateen.Config.Decoding.Kubernetes;

/// <summary>Reads Ingress and IngressClass of networking.k8s.io/v1; tolerant, because their API server has checked them.</summary>
public static class IngressDecoder
{
    public static Ingress Read(JsonObject ingress) => new()
    {
        Meta = new ConfigMeta
        {
            Kind = "Ingress",
            Group = "networking.k8s.io",
            Version = "v1",
            Name = ingress.Name(),
            Namespace = ingress.Namespace(),
            Annotations = ingress.Pairs("metadata", "annotations").ToEquatableMap(),
            CreationTimestamp = Timestamps.Creation(ingress),
        },
        ClassName = ingress.Text("spec", "ingressClassName"),
        Tls = ingress.Items("spec", "tls").Select(tls => new IngressTls(tls.Texts("hosts").ToEquatableArray(), tls.Text("secretName"))).ToEquatableArray(),
        Rules = ingress.Items("spec", "rules").Select(ReadRule).ToEquatableArray(),
        HasDefaultBackend = ingress.At("spec", "defaultBackend") is JsonObject,
    };

    public static IngressClass ReadClass(JsonObject value) => new(value.Name(), value.Text("spec", "controller"));

    private static IngressRule ReadRule(JsonObject rule) => new(rule.Text("host"), rule.Items("http", "paths").Select(ReadPath).ToEquatableArray());

    private static IngressPath ReadPath(JsonObject path) => new(
        path.Text("path"),
        path.Text("pathType") switch
        {
            "Exact" => IngressPathType.Exact,
            "Prefix" => IngressPathType.Prefix,
            _ => IngressPathType.ImplementationSpecific,
        },
        new(
            path.Text("backend", "service", "name"),
            (int)(path.Number("backend", "service", "port", "number") ?? 0),
            path.Text("backend", "service", "port", "name")));
}
