using Lateen.Model;

namespace Lateen.Config.Decoding;

/// <summary>What a decoder made of an object.</summary>
/// <param name="Value">The record, as far as it could be read, also where there are errors; null when it is no object of a known kind.</param>
/// <param name="Problems">Everything found; with an error among them the value must not be put in force.</param>
public sealed record Decoded<T>(T? Value, EquatableArray<ConfigProblem> Problems)
    where T : class
{
    /// <summary>Whether the value may be put in force.</summary>
    public bool IsValid => Value is not null && !HasErrors;

    public bool HasErrors
    {
        get
        {
            foreach (var problem in Problems)
            {
                if (problem.Severity == ProblemSeverity.Error)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
