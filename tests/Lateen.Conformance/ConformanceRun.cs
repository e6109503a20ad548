using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Conformance;

/// <summary>Reads a corpus folder and runs families over it.</summary>
public static class ConformanceRun
{
    /// <summary>Bounds one case, so that one that never ends fails alone.</summary>
    private static readonly TimeSpan CaseLimit = TimeSpan.FromSeconds(60);

    /// <summary>The cases of one family's folder.</summary>
    /// <exception cref="InvalidDataException"><c>cases.json</c> is not an array of objects that have an id.</exception>
    public static IReadOnlyList<ConformanceCase> Load(string familyFolder)
    {
        string path = Path.Combine(familyFolder, "cases.json");
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(File.ReadAllText(path));
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not JSON: {e.Message}", e);
        }

        if (root is not JsonArray array || array.Any(item => item is not JsonObject o || o["id"] is null))
        {
            throw new InvalidDataException($"{path}: must be an array of objects with an id");
        }

        return [.. array.Select(item => new ConformanceCase(familyFolder, (JsonObject)item!))];
    }

    /// <summary>Runs one case; whatever goes wrong inside becomes a failure with its reason.</summary>
    public static CaseResult Run(IConformanceFamily family, ConformanceCase conformanceCase)
    {
        ArgumentNullException.ThrowIfNull(family);
        try
        {
            Task<CaseResult> run = Task.Run(() => family.Run(conformanceCase));
            return run.Wait(CaseLimit) ? run.Result : CaseResult.Failed($"no answer within {CaseLimit.TotalSeconds:0} s");
        }
        catch (AggregateException e)
        {
            Exception cause = e.InnerException ?? e;
            return CaseResult.Failed($"{cause.GetType().Name}: {cause.Message}");
        }
    }
}
