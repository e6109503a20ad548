using System.Text.Json;
using System.Text.RegularExpressions;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Resources;

namespace Lateen.Sandbox.Api.CustomResources;

/// <summary>Turns a stored CustomResourceDefinition into the resources that are served for it.</summary>
internal static partial class DefinitionReader
{
    private static readonly string[] StatusVerbs = ["get", "patch", "update"];

    /// <summary>One resource for each served version, the preferred version first.</summary>
    public static IEnumerable<ApiResource> Read(JsonElement definition)
    {
        var spec = definition.At("spec");
        var names = spec.At("names");
        var storage = spec.Items("versions").Where(v => v.IsTrue("storage")).Select(v => v.Text("name")).FirstOrDefault();
        if (storage is null || spec.Text("group") is not { } group || names.Text("plural") is not { } plural || names.Text("kind") is not { } kind)
        {
            yield break;
        }

        foreach (var version in spec.Items("versions").Where(v => v.IsTrue("served")).OrderBy(v => Rank(v.Text("name") ?? "")))
        {
            var subresources = new Dictionary<string, string[]>(StringComparer.Ordinal);
            if (version.At("subresources", "status").ValueKind == JsonValueKind.Object)
            {
                subresources["status"] = StatusVerbs;
            }

            if (version.At("subresources", "scale").ValueKind == JsonValueKind.Object)
            {
                subresources["scale"] = StatusVerbs;
            }

            yield return new ApiResource(group, version.Text("name") ?? "", plural, kind, spec.Text("scope") == "Namespaced")
            {
                Singular = names.Text("singular") ?? kind.ToLowerInvariant(),
                ListKind = names.Text("listKind") ?? kind + "List",
                ShortNames = [.. names.Items("shortNames").Select(n => n.GetString()!)],
                Categories = [.. names.Items("categories").Select(n => n.GetString()!)],
                Subresources = subresources,
                HasGeneration = true,
                Custom = new CustomResourceVersion(
                    storage, version.At("schema", "openAPIV3Schema"), version.At("additionalPrinterColumns"), spec.IsTrue("preserveUnknownFields"))
                {
                    Scale = version.At("subresources", "scale"),
                },
            };
        }
    }

    /// <summary>Version priority (Kubernetes, "Versions in CustomResourceDefinitions"): GA, then beta, then alpha, newest first.</summary>
    internal static (int Stage, int Major, int Minor, string Name) Rank(string version)
    {
        if (VersionForm().Match(version) is not { Success: true } match)
        {
            return (3, 0, 0, version);
        }

        var stage = match.Groups["stage"].Value switch { "" => 0, "beta" => 1, _ => 2 };
        static int Number(Group group) => int.TryParse(group.ValueSpan, out var number) ? -number : 0;
        return (stage, Number(match.Groups["major"]), Number(match.Groups["minor"]), version);
    }

    [GeneratedRegex("^v(?<major>[1-9][0-9]{0,8})((?<stage>alpha|beta)(?<minor>[1-9][0-9]{0,8}))?$", RegexOptions.CultureInvariant)]
    private static partial Regex VersionForm();
}
