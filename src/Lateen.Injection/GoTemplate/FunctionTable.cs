using System.Collections.Frozen;

namespace Lateen.Injection.GoTemplate;

/// <summary>A function of the template language. Errors are <see cref="FunctionException"/>; the engine adds where.</summary>
internal delegate object? TemplateFunction(object?[] arguments);

/// <summary>A call that cannot be answered, for the reason that the message gives.</summary>
internal sealed class FunctionException(string reason) : Exception(reason);

/// <summary>The functions that a template may call, frozen.</summary>
/// <remarks><c>and</c>, <c>or</c> are known to the engine itself, because they do not evaluate all of their arguments.</remarks>
internal sealed class FunctionTable
{
    private readonly FrozenDictionary<string, TemplateFunction> _functions;

    public FunctionTable(params IEnumerable<KeyValuePair<string, TemplateFunction>>[] layers)
    {
        var all = new Dictionary<string, TemplateFunction>(StringComparer.Ordinal);
        foreach (var (name, function) in layers.SelectMany(layer => layer))
        {
            all[name] = function;
        }

        _functions = all.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public bool Knows(string name) => name is "and" or "or" || _functions.ContainsKey(name);

    public TemplateFunction this[string name] => _functions[name];
}
