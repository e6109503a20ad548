using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Conformance;

// conformance [FAMILY…] [--json FILE]: the corpus folder is LATEEN_CORPUS, else ../shared/corpus beside the project.
const int AllPassed = 0;
const int SomeFailed = 1;
const int BadUsage = 2;

List<string> wanted = [];
string? jsonPath = null;
for (int i = 0; i < args.Length; i++)
{
    if (args[i] == "--json" && i + 1 < args.Length)
    {
        jsonPath = args[++i];
    }
    else if (args[i].StartsWith('-'))
    {
        Console.Error.WriteLine($"unknown option {args[i]}; usage: conformance.sh [FAMILY…] [--json FILE]");
        return BadUsage;
    }
    else
    {
        wanted.Add(args[i]);
    }
}

string corpus = Environment.GetEnvironmentVariable("LATEEN_CORPUS") is { Length: > 0 } named ? named : "../shared/corpus";
if (!Directory.Exists(corpus))
{
    Console.WriteLine($"skipped: there is no corpus folder {corpus}; LATEEN_CORPUS names another one");
    return AllPassed;
}

string[] present = [.. Directory.GetDirectories(corpus).Where(d => File.Exists(Path.Combine(d, "cases.json"))).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];
string[] unknown = [.. wanted.Except(present, StringComparer.Ordinal)];
if (unknown.Length > 0)
{
    Console.Error.WriteLine($"no such family in {corpus}: {string.Join(", ", unknown)}; there are {string.Join(", ", present)}");
    return BadUsage;
}

JsonArray details = [];
bool failed = false;
foreach (string name in present.Where(p => wanted.Count == 0 || wanted.Contains(p)))
{
    IReadOnlyList<ConformanceCase> cases;
    try
    {
        cases = ConformanceRun.Load(Path.Combine(corpus, name));
    }
    catch (InvalidDataException e)
    {
        Console.WriteLine($"{name}: 0 passed, 1 failed, 0 skipped\n  cases.json: {e.Message}");
        failed = true;
        continue;
    }

    IConformanceFamily? family = FamilyRegistry.All.FirstOrDefault(f => f.Name == name);
    var results = cases.Select(c => (Case: c, Result: family is null
        ? CaseResult.Skipped("no runner for this family yet")
        : ConformanceRun.Run(family, c))).ToList();
    int Count(CaseOutcome outcome) => results.Count(r => r.Result.Outcome == outcome);
    Console.WriteLine($"{name}: {Count(CaseOutcome.Passed)} passed, {Count(CaseOutcome.Failed)} failed, {Count(CaseOutcome.Skipped)} skipped");
    foreach (var (conformanceCase, result) in results)
    {
        details.Add(new JsonObject { ["family"] = name, ["id"] = conformanceCase.Id, ["kind"] = conformanceCase.Kind, ["outcome"] = result.Outcome.ToString(), ["reason"] = result.Reason });
        if (result.Outcome == CaseOutcome.Failed)
        {
            failed = true;
            Console.WriteLine($"  {conformanceCase.Id}: {result.Reason}");
        }
    }

    foreach (var group in results.Where(r => r.Result.Outcome == CaseOutcome.Skipped).GroupBy(r => (r.Case.Kind, r.Result.Reason)))
    {
        Console.WriteLine($"  skipped {group.Count()}{(group.Key.Kind.Length > 0 ? " of kind " + group.Key.Kind : "")}: {group.Key.Reason}");
    }
}

if (jsonPath is not null)
{
    File.WriteAllText(jsonPath, details.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
}

return failed ? SomeFailed : AllPassed;
