using Lateen.Config;
using Lateen.Model;

namespace Lateen.ControlPlane.Status;

/// <summary>What translation could not honour, by the resource that asks for it.</summary>
/// <remarks>
/// After a change proxies ask again one after another, and until they have, nothing is known: what was found before stands until it was
/// missing for <see cref="Patience"/> looks. Not thread-safe.
/// </remarks>
internal sealed class TranslationFindings
{
    private const int Patience = 3;
    private const int MaxMessages = 10;

    private readonly Dictionary<ResourceName, (EquatableArray<StatusMessage> Messages, int Missing)> _found = [];

    /// <summary>What is known of a resource.</summary>
    public EquatableArray<StatusMessage> Of(ResourceName name) => _found.TryGetValue(name, out var known) ? known.Messages : [];

    /// <summary>Takes all that is found now.</summary>
    /// <returns>The resources of which something else is known than before.</returns>
    public IReadOnlyList<ResourceName> Take(IEnumerable<ModelProblem> problems)
    {
        var changed = new List<ResourceName>();
        var now = problems
            .Where(IsOurs)
            .Select(problem => (Name: Parse(problem.Subject), Problem: problem))
            .Where(entry => entry.Name is not null)
            .GroupBy(entry => entry.Name!.Value, entry => entry.Problem)
            .ToDictionary(group => group.Key, Messages);
        foreach (var (name, messages) in now)
        {
            if (!_found.TryGetValue(name, out var known) || known.Messages != messages)
            {
                changed.Add(name);
            }

            _found[name] = (messages, 0);
        }

        foreach (var (name, known) in _found.Where(entry => !now.ContainsKey(entry.Key)).ToList())
        {
            if (known.Missing + 1 < Patience)
            {
                _found[name] = known with { Missing = known.Missing + 1 };
                continue;
            }

            _found.Remove(name);
            changed.Add(name);
        }

        return changed;
    }

    // References are judged against the whole mesh (ReferenceCheck); that one namespace does not see a host is no fault of the resource.
    private static bool IsOurs(ModelProblem problem) => problem.Code != "IST0101";

    private static EquatableArray<StatusMessage> Messages(IEnumerable<ModelProblem> problems) => problems
        .OrderBy(problem => problem.FieldPath, StringComparer.Ordinal)
        .ThenBy(problem => problem.What, StringComparer.Ordinal)
        .Take(MaxMessages)
        .Select(problem => new StatusMessage("ERROR", problem.Code.Length > 0 ? problem.Code : "IST0106", $"{problem.FieldPath}: {problem.What}: {problem.Fix}"))
        .ToEquatableArray();

    // `Kind namespace/name`, as ConfigMeta writes itself.
    private static ResourceName? Parse(string subject) =>
        subject.Split(' ', 2) is [var kind, var rest] && rest.Split('/', 2) is [var ns, var name] ? new ResourceName(kind, ns, name) : null;
}
