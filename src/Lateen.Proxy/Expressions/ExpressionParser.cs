using System.Text;

namespace Lateen.Proxy.Expressions;

/// <summary>The part of CEL that telemetry settings use: attributes, literals, comparison, logic, choice, has() and text functions.</summary>
/// <remarks>Common Expression Language definition, "Syntax". What is not in it is an error that names the place.</remarks>
internal sealed class ExpressionParser
{
    private readonly List<string> _tokens;
    private readonly AttributeSource _attributes;
    private int _at;
    private string? _error;

    private ExpressionParser(List<string> tokens, AttributeSource attributes) => (_tokens, _attributes) = (tokens, attributes);

    /// <summary>Compiles; null with the reason where that cannot be done.</summary>
    public static Expression? Parse(string text, AttributeSource attributes, out string? error)
    {
        List<string>? tokens = ExpressionTokens.Split(text, out error);
        if (tokens is null)
        {
            return null;
        }
        ExpressionParser parser = new(tokens, attributes);
        Expression? expression = parser.Choice();
        if (parser._error is null && parser.Peek.Length > 0)
        {
            parser._error = $"\"{parser.Peek}\" was not expected";
        }
        error = parser._error;
        return error is null ? expression : null;
    }

    private string Peek => _at < _tokens.Count ? _tokens[_at] : "";

    private bool Take(string token)
    {
        if (Peek != token)
        {
            return false;
        }
        _at++;
        return true;
    }

    private Expression Choice()
    {
        Expression condition = Or();
        if (!Take("?"))
        {
            return condition;
        }
        Expression then = Choice();
        Expect(":");
        return new ChoiceExpression(condition, then, Choice());
    }

    private Expression Or()
    {
        Expression left = And();
        while (Take("||"))
        {
            left = new EitherCondition(left, And());
        }
        return left;
    }

    private Expression And()
    {
        Expression left = Comparison();
        while (Take("&&"))
        {
            left = new BothCondition(left, Comparison());
        }
        return left;
    }

    private Expression Comparison()
    {
        Expression left = Sum();
        string operation = Peek;
        if (operation is "==" or "!=" or "<" or "<=" or ">" or ">=")
        {
            _at++;
            return new CompareCondition(operation, left, Sum());
        }
        return left;
    }

    private Expression Sum()
    {
        Expression left = Unary();
        while (Take("+"))
        {
            left = new JoinExpression(left, Unary());
        }
        return left;
    }

    private Expression Unary()
    {
        if (Take("!"))
        {
            return new NotCondition(Unary());
        }
        if (Take("("))
        {
            Expression inner = Choice();
            Expect(")");
            return inner;
        }
        string token = Peek;
        _at++;
        if (token.Length == 0)
        {
            return Fail("the expression ends too early");
        }
        if (token[0] is '"' or '\'')
        {
            return new LiteralExpression(Encoding.UTF8.GetBytes(token[1..]));
        }
        if (char.IsAsciiDigit(token[0]) || token[0] == '-' || token is "true" or "false")
        {
            return new LiteralExpression(Encoding.ASCII.GetBytes(token));
        }
        return char.IsLetter(token[0]) || token[0] == '_' ? Named(token) : Fail($"\"{token}\" was not expected");
    }

    private Expression Named(string first)
    {
        if (first is "has" or "string" or "int" && Take("("))
        {
            Expression inner = Choice();
            Expect(")");
            return first == "has" ? new HasCondition(inner) : inner;
        }
        List<string> path = [first];
        while (true)
        {
            if (Take("["))
            {
                path.Add(Peek.TrimStart('\'', '"'));
                _at++;
                Expect("]");
            }
            else if (Take("."))
            {
                string name = Peek;
                _at++;
                if (name is "startsWith" or "endsWith" or "contains" && Take("("))
                {
                    Expression part = Choice();
                    Expect(")");
                    return new PartCondition(name, Attribute(path), part);
                }
                path.Add(name);
            }
            else
            {
                return Attribute(path);
            }
        }
    }

    private Expression Attribute(List<string> path) =>
        _attributes.Find(path) ?? Fail($"{string.Join('.', path)} is not an attribute that this proxy knows");

    private void Expect(string token)
    {
        if (!Take(token))
        {
            Fail($"\"{token}\" is missing before \"{Peek}\"");
        }
    }

    private LiteralExpression Fail(string error)
    {
        _error ??= error;
        return new LiteralExpression([]);
    }
}
