using System.Collections.Immutable;
using Lateen.Config.Analysis;
using Lateen.Config.Decoding.Istio;
using Lateen.Config.Sources.Files;
using Lateen.Model;

namespace Lateen.Config.Validation;

/// <summary>What `istioctl validate` says of one file: lines `Kind/namespace/name: text`, by level.</summary>
/// <param name="Notices">Not about correctness: labels that telemetry would like to have.</param>
public sealed record FileValidation(ImmutableArray<string> Errors, ImmutableArray<string> Warnings, ImmutableArray<string> Notices)
{
    // Any one of the labels will do.
    private static readonly (string What, string[] Labels)[] Wanted =
    [
        ("app", ["app", "app.kubernetes.io/name", "service.istio.io/canonical-name"]),
        ("version", ["version", "app.kubernetes.io/version", "service.istio.io/canonical-revision"]),
    ];

    /// <summary>Checks Istio's resources, Services and Deployments of a text; other kinds pass.</summary>
    /// <param name="istioNamespace">Services of this namespace are Istio's own and are not checked.</param>
    public static FileValidation Of(string text, string? file, string istioNamespace)
    {
        var unreadable = new List<ConfigProblem>();
        var documents = ConfigText.Read(text, file, "default", unreadable);
        var (errors, warnings) = (new List<string>(), new List<string>());
        errors.AddRange(unreadable.Select(problem => problem.ToString()));
        foreach (var document in documents)
        {
            var problems = Problems(document, istioNamespace);
            errors.AddRange(problems.Where(problem => problem.Severity == ProblemSeverity.Error).Select(problem => Line(document, problem.Describe())));
            warnings.AddRange(problems.Where(problem => problem.Severity == ProblemSeverity.Warning).Select(problem => Line(document, problem.Describe())));
        }

        return new FileValidation([.. errors], [.. warnings], [.. documents.SelectMany(Notes)]);
    }

    private static EquatableArray<ConfigProblem> Problems(ConfigDocument document, string istioNamespace)
    {
        if (IstioDecoder.Knows(document.Group, document.Resource.Kind))
        {
            return IstioDecoder.Decode(document.Node, document.File, document.Resource.Namespace).Problems;
        }

        return document is { Group: "", Resource: { Kind: "Service", Namespace: var ns } } && ns != istioNamespace ? Ports(document).ToEquatableArray() : [];
    }

    private static IEnumerable<ConfigProblem> Ports(ConfigDocument service)
    {
        var i = 0;
        foreach (var port in service.Node.ItemsAt("spec", "ports"))
        {
            var at = AnalyzedMesh.At(service, $"spec.ports[{i++}]");
            var (name, protocol) = (port.TextAt("name"), port.TextAt("appProtocol"));
            if (port.TextAt("protocol") == "UDP")
            {
                continue;
            }

            if (name.Length == 0 && protocol.Length == 0)
            {
                yield return ConfigProblem.Error("IST0118", $"port {port.TextAt("port")} has no name", at, "name it PROTOCOL or PROTOCOL-SUFFIX, or set appProtocol");
            }
            else if (Protocols.OfKubernetesPort(0, name, "TCP", protocol.Length > 0 ? protocol : null).IsUnsupported())
            {
                var said = protocol.Length > 0 ? protocol : name;
                yield return ConfigProblem.Error("IST0118", $"\"{said}\" of port {port.TextAt("port")} tells no protocol", at, "begin the name with the protocol (http, grpc, tcp, …), or set appProtocol");
            }
        }
    }

    private static IEnumerable<string> Notes(ConfigDocument document)
    {
        if (document.Resource.Kind != "Deployment")
        {
            yield break;
        }

        var labels = document.Node.At("spec", "template").Labels();
        foreach (var (what, names) in Wanted)
        {
            if (!names.Any(labels.ContainsKey))
            {
                yield return $"deployment \"{document.Resource.Name}\" may not provide Istio metrics and telemetry without label \"{what}\"";
            }
        }
    }

    private static string Line(ConfigDocument document, string text) =>
        $"{document.Resource.Kind}/{document.Resource.Namespace}/{document.Resource.Name}: {text}";
}
