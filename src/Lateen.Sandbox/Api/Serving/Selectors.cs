using System.Text.Json;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Resources;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>The label and field selectors of one list or watch, compiled.</summary>
internal sealed class Selectors
{
    private readonly List<Func<JsonElement, bool>> _terms = [];

    /// <summary>Compiles both selector texts; throws a 400 that shows the part that can not be read.</summary>
    public static Selectors Parse(string? labels, string? fields, ApiResource resource)
    {
        var result = new Selectors();
        foreach (var term in SplitTop(labels ?? ""))
        {
            result._terms.Add(LabelTerm(term));
        }

        foreach (var term in (fields ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            result._terms.Add(FieldTerm(term, resource));
        }

        return result;
    }

    public bool Matches(JsonElement obj) => _terms.TrueForAll(term => term(obj));

    private static IEnumerable<string> SplitTop(string text)
    {
        var start = 0;
        var depth = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == ',' && depth == 0))
            {
                if (text[start..i].Trim() is { Length: > 0 } term)
                {
                    yield return term;
                }

                start = i + 1;
            }
            else
            {
                depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            }
        }
    }

    /// <summary>Kubernetes, "Labels and Selectors": equality-based and set-based requirements.</summary>
    private static Func<JsonElement, bool> LabelTerm(string term)
    {
        if (term.Split("!=", 2) is [var unequalKey, var unequal])
        {
            return obj => Label(obj, unequalKey.Trim()) != unequal.Trim();
        }

        if (term.Split(term.Contains("==", StringComparison.Ordinal) ? "==" : "=", 2) is [var key, var equal])
        {
            return obj => Label(obj, key.Trim()) == equal.Trim();
        }

        var open = term.IndexOf('(', StringComparison.Ordinal);
        if (open > 0 && term.EndsWith(')'))
        {
            var values = term[(open + 1)..^1].Split(',').Select(v => v.Trim()).ToHashSet(StringComparer.Ordinal);
            return term[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries) switch
            {
                [var name, "in"] => obj => Label(obj, name) is { } value && values.Contains(value),
                [var name, "notin"] => obj => Label(obj, name) is not { } value || !values.Contains(value),
                _ => throw ApiException.BadRequest($"unable to parse requirement: {term}"),
            };
        }

        return term.Contains(' ', StringComparison.Ordinal) ? throw ApiException.BadRequest($"unable to parse requirement: {term}")
            : term[0] == '!' ? obj => Label(obj, term[1..]) is null
            : obj => Label(obj, term) is not null;
    }

    private static string? Label(JsonElement obj, string key) => obj.Text("metadata", "labels", key);

    private static Func<JsonElement, bool> FieldTerm(string term, ApiResource resource)
    {
        var negated = term.Contains("!=", StringComparison.Ordinal);
        if (term.Split(negated ? "!=" : term.Contains("==", StringComparison.Ordinal) ? "==" : "=", 2) is not [var path, var value])
        {
            throw ApiException.BadRequest($"invalid selector: '{term}'; can't understand '{term}'");
        }

        Require(path.Trim(), resource);
        var steps = path.Trim().Split('.');
        return obj => (Show(obj.At(steps)) == value.Trim()) != negated;
    }

    // Kubernetes, "Field Selectors": every kind has its name and namespace, and some built-in ones a few fields more.
    private static void Require(string path, ApiResource resource)
    {
        string[] more = resource.GroupResource switch
        {
            "pods" => ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP",
                "status.podIPs", "status.nominatedNodeName"],
            "events" or "events.events.k8s.io" => ["involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
                "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"],
            "secrets" => ["type"],
            "namespaces" => ["status.phase"],
            "nodes" => ["spec.unschedulable"],
            "replicasets.apps" or "replicationcontrollers" => ["status.replicas"],
            "jobs.batch" => ["status.successful"],
            _ => [],
        };
        if (path is not ("metadata.name" or "metadata.namespace") && !more.Contains(path))
        {
            throw ApiException.BadRequest(resource.Custom is not null || more.Length > 0
                ? $"field label not supported: {path}"
                : $"\"{path}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
        }
    }

    private static string Show(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number => element.GetRawText(),
        _ => "",
    };
}
